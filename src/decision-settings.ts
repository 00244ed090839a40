import { z } from 'zod';
import type { Setting } from './fraud/rule.js';
import { rules } from './fraud/rules/index.js';
import { findExponent } from './money/currency.js';
import { isRate, type Rates } from './money/rates.js';
import type { Settings } from './operations/settings.js';
import { decimalSetting, type Environment, type SettingReader, whole } from './setting-reader.js';

/** Rates that stand when the base currency is MYR and nothing else is said. */
const DEFAULT_BASE = 'MYR';
const DEFAULT_RATES: Readonly<Record<string, string>> = { SGD: '3.50', USD: '4.70' };
const RATE_VARIABLE = /^EXCHANGE_RATE_([A-Z]{3})_TO_([A-Z]{3})$/;

/** The largest setting of money, in minor units: far inside BIGINT, whatever is added up. */
const MONEY_MAX = 10n ** 15n;
/** The largest factor of a rule, in hundredths. */
const FACTOR_MAX = 10n ** 9n;

/** What decisions are configured by: currencies and their rates, limits, and the settings of every fraud rule. */
export function readSettings(reader: SettingReader, environment: Environment): Settings {
  const known = (code: string) => findExponent(code) !== undefined;
  const currency = z.string().refine(known, 'must be an ISO 4217 currency code');
  const base = reader.read('BASE_CURRENCY', currency, DEFAULT_BASE) ?? DEFAULT_BASE;
  const exponent = findExponent(base) ?? 0;
  const money = decimalSetting(exponent, MONEY_MAX, `must be a positive amount of ${base} such as 50000`);
  const minor = (name: string, fallback: string) => reader.read(name, money, fallback) ?? 0n;
  return {
    rates: readRates(reader, environment, base),
    transactionAmountMax: minor('MAX_TRANSACTION_AMOUNT', '50000'),
    dailySpendingMax: minor('DAILY_SPENDING_LIMIT', '100000'),
    fraud: readFraud(reader, environment, money),
  };
}

function readRates(reader: SettingReader, environment: Environment, base: string): Rates {
  const perUnit = new Map([[base, '1']]);
  const rate = z
    .string()
    .refine(isRate, 'must be a positive decimal with at most 12 digits before and after the point');
  const defaults = base === DEFAULT_BASE ? DEFAULT_RATES : {};
  const codes = new Set(Object.keys(defaults));
  for (const name of Object.keys(environment)
    .filter((key) => key.startsWith('EXCHANGE_RATE_'))
    .sort()) {
    const [, from, to] = RATE_VARIABLE.exec(name) ?? [];
    if (!from || findExponent(from) === undefined || from === base || to !== base) {
      reader.fail(
        name,
        `must be named EXCHANGE_RATE_<CODE>_TO_${base}, with another ISO 4217 code than ${base}`,
      );
    } else codes.add(from);
  }
  for (const code of codes) {
    const text = reader.read(`EXCHANGE_RATE_${code}_TO_${base}`, rate, defaults[code]);
    if (text) perUnit.set(code, text);
  }
  return { base, perUnit };
}

function readFraud(
  reader: SettingReader,
  environment: Environment,
  money: z.ZodType<bigint>,
): Settings['fraud'] {
  const kinds: Record<Setting['kind'], z.ZodType<number | bigint>> = {
    count: whole(0, 100_000),
    hour: whole(0, 23),
    factor: decimalSetting(
      2,
      FACTOR_MAX,
      'must be a positive factor with at most two digits after the point',
    ),
    money,
  };
  const names = new Set([
    'FRAUD_SCORE_MONITOR_THRESHOLD',
    'FRAUD_SCORE_REVIEW_THRESHOLD',
    'FRAUD_SCORE_HIGH_THRESHOLD',
  ]);
  const parsed: Record<string, Record<string, number | bigint>> = {};
  for (const rule of rules) {
    const values: Record<string, number | bigint> = {};
    for (const [key, setting] of Object.entries<Setting>(rule.settings)) {
      names.add(setting.variable);
      const schema = key === 'points' ? whole(0, 100) : kinds[setting.kind];
      values[key] = reader.read(setting.variable, schema, setting.default) ?? 0;
    }
    parsed[rule.flag] = values;
  }
  for (const name of Object.keys(environment)) {
    if (name.startsWith('FRAUD_') && !names.has(name))
      reader.fail(name, `is no setting; there are ${[...names].join(', ')}`);
  }
  const threshold = (name: string, fallback: string) => reader.read(name, whole(1, 101), fallback) ?? 0;
  const monitorScore = threshold('FRAUD_SCORE_MONITOR_THRESHOLD', '40');
  const reviewScore = threshold('FRAUD_SCORE_REVIEW_THRESHOLD', '60');
  const highScore = threshold('FRAUD_SCORE_HIGH_THRESHOLD', '80');
  if (monitorScore > reviewScore)
    reader.fail('FRAUD_SCORE_MONITOR_THRESHOLD', 'must not exceed FRAUD_SCORE_REVIEW_THRESHOLD');
  if (reviewScore > highScore)
    reader.fail('FRAUD_SCORE_REVIEW_THRESHOLD', 'must not exceed FRAUD_SCORE_HIGH_THRESHOLD');
  return { rules: parsed, monitorScore, reviewScore, highScore };
}
