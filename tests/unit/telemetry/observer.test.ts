import { describe, expect, it } from '@jest/globals';
import { combine, type Observer } from '../../../src/telemetry/observer.js';
import { Recent } from '../../../src/telemetry/recent.js';

const never = (error: unknown) => {
  throw error;
};

describe('several observers', () => {
  it('are nobody when there are none', () => {
    expect(combine([], never)).toBeUndefined();
  });

  it('are all told, also of what they asked to be told later', () => {
    const heard: unknown[] = [];
    const observer = (name: string): Observer => ({
      onRefusal: (code) => heard.push([name, code]),
      onOperation: (transport) => (end) => heard.push([name, transport, end.outcome]),
    });
    const both = combine([observer('one'), observer('other'), { onPublished: () => undefined }], never);
    both?.onRefusal?.('A');
    both?.onOperation?.('http')({ type: 'query', outcome: 'OK' });
    expect(heard).toEqual([
      ['one', 'A'],
      ['other', 'A'],
      ['one', 'http', 'OK'],
      ['other', 'http', 'OK'],
    ]);
    expect(Object.keys(both ?? {}).sort()).toEqual(['onOperation', 'onPublished', 'onRefusal']);
  });

  it('harm neither each other nor what they measure', () => {
    const faults: unknown[] = [];
    const heard: string[] = [];
    const broken: Observer = { onAttempt: () => never('at first'), onOperation: () => () => never('later') };
    const sound: Observer = { onAttempt: () => (over) => heard.push(over) };
    const both = combine([broken, sound], (error) => faults.push(error));
    both?.onAttempt?.([], 1)('lock');
    both?.onOperation?.('http')({ type: 'query', outcome: 'OK' });
    expect([faults, heard]).toEqual([['at first', 'later'], ['lock']]);
  });
});

describe('what is remembered of the newest places', () => {
  it('makes room for the newest, and gives away what is taken', () => {
    const recent = new Recent<string>();
    for (let position = 1; position <= 10_001; position += 1) recent.set(position, `of ${position}`);
    expect([recent.get(1), recent.get(2), recent.get(10_001)]).toEqual([undefined, 'of 2', 'of 10001']);
    expect([recent.take(2), recent.take(2)]).toEqual(['of 2', undefined]);
  });
});
