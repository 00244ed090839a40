import type { Direction, FraudHit, TransactionType } from '../ledger/transaction.js';

/** What is scored: one transaction that is asked for. */
export interface Subject {
  readonly type: TransactionType;
  readonly direction: Direction;
  /** In minor units of the base currency. */
  readonly baseAmount: bigint;
  readonly baseCurrency: string;
  readonly at: Date;
  /** IANA name of the user's time zone. */
  readonly timeZone: string;
}

/** What the user did before, as far back as the rules reach; refunds are left out. */
export interface History {
  /** When the newest transactions were made, whatever their status: Unix milliseconds, newest first. */
  readonly newest: readonly number[];
  /** Completed transactions of each direction within the reach of `historySeconds`: how many, and their base amounts. */
  readonly completed: Readonly<Record<Direction, { readonly count: bigint; readonly total: bigint }>>;
  /** When the newest one of the same type, amount, currency and merchant was made, if within `sameSeconds`. */
  readonly sameAt: number | undefined;
}

/** How far back a rule has to see. */
export interface Reach {
  /** How many of the newest transactions. */
  readonly newest?: number;
  /** How many seconds of completed transactions. */
  readonly historySeconds?: number;
  /** How many seconds back another one just like it. */
  readonly sameSeconds?: number;
}

/** One setting of a rule: the environment variable that gives it, what it is, and its default as text. */
export interface Setting {
  readonly variable: string;
  /** `count` is a whole number, `hour` one of 0–23, `factor` a decimal, `money` a decimal in the base currency. */
  readonly kind: 'count' | 'hour' | 'factor' | 'money';
  readonly default: string;
}

/** Parsed: a `factor` is in hundredths, `money` in minor units of the base currency. */
export type SettingValue<K extends Setting['kind']> = K extends 'factor' | 'money' ? bigint : number;
type SettingsOf<S extends Record<string, Setting>> = { readonly [N in keyof S]: SettingValue<S[N]['kind']> };

/** What a rule saw, when it hits. */
export type Evidence = Pick<FraudHit, 'reason' | 'observed' | 'threshold'>;

export interface RuleDefinition<S extends Record<string, Setting>> {
  readonly flag: string;
  /** What the flag means, for the API's manual. */
  readonly description: string;
  readonly settings: S;
  readonly reach: (settings: SettingsOf<S>) => Reach;
  readonly check: (subject: Subject, history: History, settings: SettingsOf<S>) => Evidence | undefined;
}

/** A rule as data: `points` is among its settings, like every threshold and window. */
export function defineRule<
  const F extends string,
  const S extends Record<string, Setting> & { points: Setting },
>(definition: RuleDefinition<S> & { readonly flag: F }): RuleDefinition<S> & { readonly flag: F } {
  return definition;
}

const secondsNames: ReadonlyArray<[number, string]> = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** A span as people say it: `10 minutes`, `1 hour`. */
export function formatSeconds(seconds: number): string {
  const [size, name] = secondsNames.find(([unit]) => seconds % unit === 0 && seconds >= unit) ?? [
    1,
    'second',
  ];
  const count = seconds / size;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** How many of the newest transactions are younger than `seconds` before `at`; one exactly that old is out. */
export function countWithin(newest: readonly number[], at: Date, seconds: number): number {
  const since = at.getTime() - seconds * 1000;
  return newest.filter((made) => made > since).length;
}
