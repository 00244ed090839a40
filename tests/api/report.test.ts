import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../src/errors.js';
import { readOptions } from '../../src/report/read-options.js';
import { report } from '../../src/report/report.js';
import { callsOf } from '../support/api.js';
import { FakeClock, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const ASKED = ['--user', 'user-001', '--from', '2026-03-09', '--to', '2026-03-12'];

describe('the options of a report', () => {
  it('are a user, two dates, a unit and a currency', () => {
    expect(readOptions(ASKED)).toEqual({
      user: 'user-001',
      from: 20_521,
      to: 20_524,
      granularity: 'DAY',
      currency: undefined,
    });
    expect(readOptions([...ASKED, '--granularity', 'WEEK', '--currency=USD'])).toMatchObject({
      granularity: 'WEEK',
      currency: 'USD',
    });
  });

  it.each([
    [[], '--user is missing'],
    [ASKED.slice(2), '--user is missing'],
    [ASKED.slice(0, 2), '--from is missing'],
    [ASKED.slice(0, 4), '--to is missing'],
    [[...ASKED, '--from', '2026-02-30'], '--from must be a date such as 2026-01-31, not 2026-02-30'],
    [[...ASKED, '--granularity', 'YEAR'], '--granularity must be one of DAY, WEEK, MONTH, not YEAR'],
    [[...ASKED, '--colour', 'red'], "Unknown option '--colour'"],
    [[...ASKED, 'more'], "Unexpected argument 'more'"],
  ])('are told what is wrong with %j', (args, problem) => {
    expect(() => readOptions(args)).toThrow(ConfigError);
    expect(() => readOptions(args)).toThrow(problem);
    expect(() => readOptions(args)).toThrow('\nUsage: npm run report -- --user');
  });
});

describe.each(databases)('a report on $name', (kind) => {
  let test: TestApp;
  beforeAll(async () => {
    const clock = new FakeClock('2026-03-01T04:00:00.000Z');
    test = await startApp(kind, { SEED_DEMO_DATA: 'true', FRAUD_OFF_HOURS_POINTS: '0' }, clock);
    const call = callsOf(test);
    test.clock.set('2026-03-08T23:00:00+08:00');
    await call.purchase('user-001', '40.00 MYR');
    test.clock.set('2026-03-09T08:30:00+08:00');
    const kopi = (await call.purchase('user-001', '45.50 MYR', { merchantName: 'Kopi Corner' })).transaction
      .id;
    test.clock.set('2026-03-11T23:59:59+08:00');
    await call.purchase('user-001', '30.00 SGD', { merchantName: 'Grab', merchantCategory: 'transport' });
    await call.refund(kopi, '5.50 MYR');
  });
  afterAll(() => test.close());

  const print = (...more: string[]) =>
    report(test.orm.em, readOptions([...ASKED, ...more]), {
      rates: test.config.settings.rates,
      analytics: test.config.analytics,
    });

  it('is printed as it should be', async () => {
    expect((await print()).split('\n')).toEqual([
      'Spending of user-001, 2026-03-09 to 2026-03-12 (not included), Asia/Kuala_Lumpur, in MYR',
      '',
      'Summary',
      '  total          145.00 MYR',
      '  purchases               2',
      '  average         75.25 MYR',
      '  largest        105.00 MYR',
      '  refunded         5.50 MYR',
      '  period before   40.00 MYR',
      '  change           262.50 %',
      '',
      'By category',
      '  transport  105.00  1 ×  72.41 %  ████████████████████████████████████████',
      '  food        40.00  1 ×  27.59 %  ███████████████▏',
      '',
      'By merchant, the first 10',
      '  Grab         105.00  1 ×  72.41 %  ████████████████████████████████████████',
      '  Kopi Corner   40.00  1 ×  27.59 %  ███████████████▏',
      '',
      'By day',
      '  2026-03-09  45.50  1 ×  ██████████████████▎',
      '  2026-03-10   0.00  0 ×',
      '  2026-03-11  99.50  1 ×  ████████████████████████████████████████',
      '',
      'By hour of the day',
      ...Array.from({ length: 24 }, (_, hour) => {
        const label = `  ${String(hour).padStart(2, '0')}:00`;
        if (hour === 8) return `${label}  45.50  1 ×  ██████████████████▎`;
        if (hour === 23) return `${label}  99.50  1 ×  ████████████████████████████████████████`;
        return `${label}   0.00  0 ×`;
      }),
    ]);
  });

  it('is printed by week in another currency, and says so where there is nothing', async () => {
    const lines = (await print('--currency', 'USD', '--granularity', 'WEEK')).split('\n');
    expect(lines[0]).toMatch(/, in USD$/);
    expect(lines).toContain('  total          30.85 USD');
    expect(lines.slice(lines.indexOf('By week'), lines.indexOf('By week') + 3)).toEqual([
      'By week',
      '  2026-03-09  30.85  2 ×  ████████████████████████████████████████',
      '',
    ]);
    const empty = (await print('--user', 'user-002')).split('\n');
    expect(empty.slice(empty.indexOf('By category'), empty.indexOf('By category') + 2)).toEqual([
      'By category',
      '  nothing',
    ]);
  });

  it.each([
    [['--user', 'nobody'], 'There is no user nobody.'],
    [['--currency', 'EUR'], '--currency must be one of MYR, SGD, USD, not EUR.'],
    [['--to', '2026-03-09'], 'from must be before to.'],
    [['--to', '2028-03-10'], 'From from to to are 732 days; at most 731 can be asked for at once.'],
  ])('is refused for %j', async (more, problem) => {
    await expect(print(...more)).rejects.toThrow(ConfigError);
    await expect(print(...more)).rejects.toThrow(problem);
  });
});
