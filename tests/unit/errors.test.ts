import { describe, expect, it } from '@jest/globals';
import {
  ConfigError,
  DomainError,
  type ErrorCode,
  errorCodes,
  inputError,
  OverloadedError,
} from '../../src/errors.js';
import { failureOf, recordedRefusal } from '../../src/operations/recorded-refusal.js';
import { makeTransaction, partsOf } from '../support/ledger.js';

describe('a refusal', () => {
  it.each(Object.keys(errorCodes) as ErrorCode[])('%s has a kind and says what it means', (code) => {
    const refusal = new DomainError<ErrorCode>(code, 'No.', ['input'], {});
    expect(refusal.kind).toBe(errorCodes[code][0]);
    expect(refusal).toMatchObject({ name: 'DomainError', code, message: 'No.', inputPath: ['input'] });
    expect(errorCodes[code][1]).toMatch(/^[A-Z].*\.$/);
  });

  it('of an input has no details', () => {
    expect(partsOf(inputError('INVALID_AMOUNT', 'No.', ['input', 'amount']))).toEqual({
      code: 'INVALID_AMOUNT',
      message: 'No.',
      path: ['input', 'amount'],
      details: {},
    });
  });

  it('is told as it was, amounts included, after it was stored', () => {
    const refusal = new DomainError('INSUFFICIENT_BALANCE', 'Too little.', ['input', 'amount'], {
      available: { minor: 2n ** 60n, currency: 'MYR' },
      required: { minor: 0n, currency: 'JPY' },
    });
    const failure = JSON.parse(JSON.stringify(failureOf(refusal)));
    expect(partsOf(recordedRefusal(makeTransaction({ status: 'FAILED', failure })))).toEqual(
      partsOf(refusal),
    );
    expect(recordedRefusal(makeTransaction())).toBeUndefined();
  });

  it('is an error by a name of its own, like the others', () => {
    expect([new OverloadedError('x').name, new ConfigError('x').name]).toEqual([
      'OverloadedError',
      'ConfigError',
    ]);
  });
});
