import type { TransactionRow } from '../../src/ledger/transaction.js';

/**
 * What fleet and fraud questions must answer, computed from all rows in plain code that shares nothing with the server's.
 * The figures are told as the API tells them.
 */
export interface Question {
  readonly from: Date;
  readonly to: Date;
  readonly granularity: 'DAY' | 'WEEK' | 'MONTH';
  readonly currency: 'MYR' | 'SGD' | 'USD';
  readonly timeZone: string;
  readonly now: Date;
}

const FLAGS = [
  'HIGH_VELOCITY',
  'SUSPICIOUS_VELOCITY',
  'UNUSUAL_AMOUNT',
  'HIGH_VALUE',
  'OFF_HOURS',
  'POSSIBLE_DUPLICATE',
];
const QUARTER_MS = 900_000;
/** Hundredths of a unit of the base currency for a unit of each. */
const RATES = { MYR: 100n, SGD: 350n, USD: 470n };

function halfEven(numerator: bigint, denominator: bigint): bigint {
  const sign = numerator < 0n ? -1n : 1n;
  const rest = (numerator * sign) % denominator;
  const floor = (numerator * sign - rest) / denominator;
  const half = rest * 2n - denominator;
  return sign * (half > 0n || (half === 0n && floor % 2n !== 0n) ? floor + 1n : floor);
}

function decimal(value: bigint, digits: number): string {
  const text = (value < 0n ? -value : value).toString().padStart(digits + 1, '0');
  return `${value < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

function money(base: bigint, { currency }: Question) {
  return { amount: decimal(halfEven(base * 100n, RATES[currency]), 2), currency };
}

function ratio(part: number | bigint, whole: number | bigint): string | null {
  if (BigInt(whole) === 0n) return null;
  const scaled = BigInt(part) * 10_000n;
  const sign = BigInt(whole) < 0n ? -1n : 1n;
  return decimal(halfEven(scaled * sign, BigInt(whole) * sign), 4);
}

const sum = (rows: readonly TransactionRow[]) =>
  rows.reduce((total, { baseAmount }) => total + baseAmount, 0n);

const formats = new Map<string, Intl.DateTimeFormat>();
function dateOf(at: Date, timeZone: string): string {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    formats.set(timeZone, format);
  }
  return format.format(at);
}

function bucketKey(at: Date, { granularity, timeZone }: Question): string {
  const date = dateOf(at, timeZone);
  if (granularity === 'DAY') return date;
  if (granularity === 'MONTH') return date.slice(0, 7);
  const monday = new Date(`${date}T00:00:00Z`);
  monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7));
  return monday.toISOString().slice(0, 10);
}

/** The buckets, found by walking through the range a quarter of an hour at a time. */
function bucketsOf(question: Question) {
  const buckets: Array<{ key: string; start: Date; end: Date }> = [];
  let at = question.from;
  while (at < question.to) {
    const next = new Date((Math.floor(at.getTime() / QUARTER_MS) + 1) * QUARTER_MS);
    const end = next < question.to ? next : question.to;
    const key = bucketKey(at, question);
    const last = buckets.at(-1);
    if (last?.key === key) last.end = end;
    else buckets.push({ key, start: at, end });
    at = end;
  }
  return buckets;
}

const isIn = ({ createdAt }: TransactionRow, { from, to }: Question) => createdAt >= from && createdAt < to;
const flagsOf = ({ fraudFlags }: TransactionRow) => fraudFlags as readonly string[];
const wasHeld = ({ status, reviewDecision }: TransactionRow) =>
  status === 'PENDING' || reviewDecision !== null;

export function referenceFraud(rows: readonly TransactionRow[], question: Question) {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const scored = rows.filter((row) => row.type !== 'REFUND' && isIn(row, question));
  const decided = (among: readonly TransactionRow[], decision: string) =>
    among.filter(({ reviewDecision }) => reviewDecision === decision);
  const outcomes = (among: readonly TransactionRow[]) => ({
    held: among.filter(wasHeld).length,
    approved: decided(among, 'APPROVE').length,
    rejected: decided(among, 'REJECT').length,
  });
  const precision = (among: readonly TransactionRow[]) =>
    ratio(
      decided(among, 'REJECT').length,
      decided(among, 'REJECT').length + decided(among, 'APPROVE').length,
    );
  const flagged = scored.filter((row) => flagsOf(row).length > 0);
  const levels = [
    ['LOW', 0, 39],
    ['MONITOR', 40, 59],
    ['REVIEW', 60, 79],
    ['HIGH', 80, 100],
  ] as const;
  const countScores = (low: number, high: number) =>
    scored.filter(({ fraudScore }) => fraudScore >= low && fraudScore <= high).length;
  const pairs = FLAGS.flatMap((flag, index) =>
    FLAGS.slice(index + 1).map((other) => ({
      flags: [flag, other],
      count: scored.filter((row) => flagsOf(row).includes(flag) && flagsOf(row).includes(other)).length,
    })),
  ).filter(({ count }) => count > 0);
  const seconds = scored
    .flatMap(({ reviewedAt, createdAt }) =>
      reviewedAt ? [Math.floor((reviewedAt.getTime() - createdAt.getTime()) / 1000)] : [],
    )
    .sort((a, b) => a - b);
  const rank = (percent: number) => seconds[Math.ceil((percent * seconds.length) / 100) - 1];
  const pending = rows.filter(({ status }) => status === 'PENDING');
  const oldest = Math.min(...pending.map(({ createdAt }) => createdAt.getTime()));
  const refunds = rows.filter(({ type, status, originalId }) => {
    const original = originalId ? byId.get(originalId) : undefined;
    return type === 'REFUND' && status === 'COMPLETED' && original && flagged.includes(original);
  });
  return {
    scored: scored.length,
    flagged: flagged.length,
    ...outcomes(scored),
    precision: precision(scored),
    byLevel: levels.map(([level, low, high]) => ({
      level,
      count: countScores(low, high),
      share: ratio(countScores(low, high), scored.length),
    })),
    byFlag: FLAGS.map((flag) => {
      const hits = scored.filter((row) => flagsOf(row).includes(flag));
      return {
        flag,
        hits: hits.length,
        share: ratio(hits.length, scored.length),
        ...outcomes(hits),
        precision: precision(hits),
      };
    }),
    scoreHistogram: Array.from({ length: 10 }, (_, index) => {
      const [from, to] = [index * 10, index === 9 ? 100 : index * 10 + 9];
      return { from, to, count: countScores(from, to) };
    }),
    flagPairs: pairs.sort((a, b) => b.count - a.count || (a.flags.join('|') < b.flags.join('|') ? -1 : 1)),
    heldNow: {
      count: pending.length,
      amount: money(sum(pending), question),
      oldestAgeSeconds: pending.length === 0 ? null : Math.floor((question.now.getTime() - oldest) / 1000),
    },
    reviewTime: seconds.length === 0 ? null : { p50: rank(50), p95: rank(95) },
    confirmedFraudPrevented: money(sum(decided(scored, 'REJECT')), question),
    refundedLater: money(-sum(refunds), question),
    series: bucketsOf(question).map(({ key, start, end }) => {
      const inside = scored.filter(({ createdAt }) => bucketKey(createdAt, question) === key);
      return {
        start: start.toISOString(),
        end: end.toISOString(),
        scored: inside.length,
        flagged: inside.filter((row) => flagsOf(row).length > 0).length,
        ...outcomes(inside),
      };
    }),
  };
}

export function referenceFleet(rows: readonly TransactionRow[], question: Question) {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const counted = rows.filter((row) => {
    if (!isIn(row, question) || row.status !== 'COMPLETED') return false;
    if (row.type === 'PURCHASE') return true;
    return row.type === 'REFUND' && byId.get(row.originalId as string)?.status !== 'REVERSED';
  });
  const purchases = (among: readonly TransactionRow[]) => among.filter(({ type }) => type === 'PURCHASE');
  const refunds = (among: readonly TransactionRow[]) => among.filter(({ type }) => type === 'REFUND');
  const buckets = bucketsOf(question);
  const seriesOf = (among: readonly TransactionRow[]) =>
    buckets.map(({ key, start, end }) => {
      const inside = among.filter(({ createdAt }) => bucketKey(createdAt, question) === key);
      return {
        start: start.toISOString(),
        end: end.toISOString(),
        amount: money(sum(inside), question),
        count: purchases(inside).length,
      };
    });
  const categories = [...new Set(counted.map(({ merchantCategory }) => merchantCategory as string))];
  const net = (category: string) => sum(counted.filter((row) => row.merchantCategory === category));
  return {
    total: money(sum(counted), question),
    count: purchases(counted).length,
    refunded: money(-sum(refunds(counted)), question),
    byCategory: categories
      .sort((a, b) => Number(net(b) - net(a)) || (a < b ? -1 : 1))
      .map((category) => {
        const inside = counted.filter((row) => row.merchantCategory === category);
        return {
          category,
          amount: money(sum(inside), question),
          count: purchases(inside).length,
          refunded: money(-sum(refunds(inside)), question),
          share: ratio(sum(inside), sum(counted)),
          series: seriesOf(inside),
        };
      }),
    series: seriesOf(counted),
  };
}
