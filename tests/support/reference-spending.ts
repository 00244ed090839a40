/**
 * What spending analytics must answer, worked out from raw rows in the plainest way there is. It shares no code with
 * `src`: local time comes from Intl, fractions are pairs of integers, and every figure is filtered out of all rows anew.
 */
export interface RawRow {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly baseAmount: bigint;
  readonly merchantName: string | null;
  readonly merchantCategory: string | null;
  readonly originalId: string | null;
  readonly createdAt: Date;
}

export interface Asked {
  readonly rows: readonly RawRow[];
  readonly timeZone: string;
  readonly currency: string;
  readonly from: Date;
  readonly to: Date;
  readonly granularity: 'DAY' | 'WEEK' | 'MONTH';
}

/** Sen of the base currency per hundred of each currency's cents, as the default rates are. */
const SEN_PER_HUNDRED: Readonly<Record<string, bigint>> = { MYR: 100n, SGD: 350n, USD: 470n };

/** Rounds a fraction half to even; the denominator is positive. */
function round(numerator: bigint, denominator: bigint): bigint {
  let floor = numerator / denominator;
  if (floor * denominator > numerator) floor -= 1n;
  const rest = 2n * (numerator - floor * denominator);
  if (rest < denominator) return floor;
  if (rest > denominator) return floor + 1n;
  return floor % 2n === 0n ? floor : floor + 1n;
}

function decimal(value: bigint, digits: number): string {
  const sign = value < 0n ? '-' : '';
  const text = String(value)
    .replace('-', '')
    .padStart(digits + 1, '0');
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

const ratio = (part: bigint, whole: bigint) => (whole > 0n ? decimal(round(part * 10_000n, whole), 4) : null);

const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026-03-10 12:00:00` as clocks in the zone show it. */
function local(at: number, timeZone: string): string {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
    formats.set(timeZone, format);
  }
  return format.format(at);
}

const dateOf = (at: number, timeZone: string) => local(at, timeZone).slice(0, 10);

function shiftDate(date: string, days: number): string {
  const shifted = new Date(`${date}T00:00:00Z`);
  shifted.setUTCDate(shifted.getUTCDate() + days);
  return shifted.toISOString().slice(0, 10);
}

/** The first instant at which clocks show the date or a later one. */
function startOf(date: string, timeZone: string): number {
  let before = Date.parse(`${date}T00:00:00Z`) - 16 * 3_600_000;
  let after = before + 32 * 3_600_000;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dateOf(middle, timeZone) >= date) after = middle;
    else before = middle;
  }
  return after;
}

/** The date on which the unit around a date begins, and that of the next one. */
function unitAround(date: string, granularity: string): readonly [string, string] {
  if (granularity === 'DAY') return [date, shiftDate(date, 1)];
  if (granularity === 'MONTH')
    return [`${date.slice(0, 7)}-01`, `${shiftDate(`${date.slice(0, 7)}-28`, 4).slice(0, 7)}-01`];
  let monday = date;
  while (new Date(`${monday}T00:00:00Z`).getUTCDay() !== 1) monday = shiftDate(monday, -1);
  return [monday, shiftDate(monday, 7)];
}

/** Completed purchases and refunds, less the refunds of purchases that were reversed. */
function spendingIn(rows: readonly RawRow[], from: number, to: number): RawRow[] {
  const reversed = new Set(rows.filter(({ status }) => status === 'REVERSED').map(({ id }) => id));
  return rows.filter(
    ({ type, status, originalId, createdAt }) =>
      status === 'COMPLETED' &&
      (type === 'PURCHASE' || (type === 'REFUND' && !reversed.has(originalId as string))) &&
      createdAt.getTime() >= from &&
      createdAt.getTime() < to,
  );
}

const net = (rows: readonly RawRow[]) => sum(rows.map(({ baseAmount }) => baseAmount));
const purchases = (rows: readonly RawRow[]) => rows.filter(({ type }) => type === 'PURCHASE');

function shower(currency: string) {
  return (sen: bigint, parts = 1n) => ({
    amount: decimal(round(sen * 100n, (SEN_PER_HUNDRED[currency] as bigint) * parts), 2),
    currency,
  });
}

type Show = ReturnType<typeof shower>;

function groupsOf(rows: readonly RawRow[], field: 'merchantCategory' | 'merchantName', show: Show) {
  const names = [...new Set(rows.map((row) => row[field] as string))].sort();
  const groups = names.map((name) => ({ name, own: rows.filter((row) => row[field] === name) }));
  // Sorting keeps the order of names among equals.
  groups.sort((a, b) => (net(a.own) < net(b.own) ? 1 : net(a.own) > net(b.own) ? -1 : 0));
  return groups.map(({ name, own }) => ({
    name,
    own,
    figures: { amount: show(net(own)), count: purchases(own).length, share: ratio(net(own), net(rows)) },
  }));
}

function hoursOf(rows: readonly RawRow[], timeZone: string, show: Show) {
  return Array.from({ length: 24 }, (_, hour) => {
    const own = rows.filter(
      ({ createdAt }) => Number(local(createdAt.getTime(), timeZone).slice(11, 13)) === hour,
    );
    return { hour, amount: show(net(own)), count: purchases(own).length };
  });
}

export function referenceSpending({ rows: all, timeZone, currency, from, to, granularity }: Asked) {
  const show = shower(currency);
  const [start, end] = [from.getTime(), to.getTime()];
  const rows = spendingIn(all, start, end);
  const before = spendingIn(all, start - (end - start), start);
  const bought = purchases(rows).map(({ baseAmount }) => baseAmount);
  const series = [];
  for (let [date, next] = unitAround(dateOf(start, timeZone), granularity); ; ) {
    const [first, last] = [startOf(date, timeZone), startOf(next, timeZone)];
    if (first >= end) break;
    const own = spendingIn(rows, first, last);
    series.push({
      start: new Date(first).toISOString(),
      end: new Date(last).toISOString(),
      amount: show(net(own)),
      count: purchases(own).length,
    });
    [date, next] = unitAround(next, granularity);
  }
  return {
    total: show(net(rows)),
    count: bought.length,
    average: bought.length > 0 ? show(sum(bought), BigInt(bought.length)) : null,
    largest: bought.length > 0 ? show(bought.toSorted((a, b) => (a < b ? 1 : -1))[0] as bigint) : null,
    refunded: show(sum(bought) - net(rows)),
    previousTotal: show(net(before)),
    change: ratio(net(rows) - net(before), net(before)),
    byCategory: groupsOf(rows, 'merchantCategory', show).map(({ name, own, figures }) => {
      const previous = net(before.filter(({ merchantCategory }) => merchantCategory === name));
      return {
        category: name,
        ...figures,
        previous: show(previous),
        change: ratio(net(own) - previous, previous),
      };
    }),
    byMerchant: groupsOf(rows, 'merchantName', show)
      .slice(0, 3)
      .map(({ name, figures }) => ({ merchant: name, ...figures })),
    series,
    byHourOfDay: hoursOf(rows, timeZone, show),
  };
}

export function referenceInsights(all: readonly RawRow[], timeZone: string, currency: string, asOf: Date) {
  const show = shower(currency);
  const now = asOf.getTime();
  const since = now - 90 * 86_400_000;
  const rows = spendingIn(all, since, now + 1);
  const bought = purchases(rows).map(({ baseAmount }) => baseAmount);
  const today = dateOf(now, timeZone);
  const [first, next] = unitAround(today, 'MONTH');
  const [firstBefore] = unitAround(shiftDate(first, -1), 'MONTH');
  const [before, start, end] = [firstBefore, first, next].map((date) => startOf(date, timeZone)) as [
    number,
    number,
    number,
  ];
  const day = Number(today.slice(8));
  const days = BigInt(Number(shiftDate(next, -1).slice(8)));
  const sameDay = startOf(shiftDate(firstBefore, day - 1), timeZone) + now - startOf(today, timeZone);
  const toDate = net(spendingIn(all, start, now + 1));
  const previousToDate = net(spendingIn(all, before, Math.min(sameDay + 1, start)));
  return {
    count: bought.length,
    averageTransaction: bought.length > 0 ? show(sum(bought), BigInt(bought.length)) : null,
    purchasesPerWeek: ratio(BigInt(bought.length) * 7n, 90n),
    usualHours: hoursOf(rows, timeZone, show)
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count)
      .slice(0, 3),
    topCategories: groupsOf(rows, 'merchantCategory', show)
      .slice(0, 5)
      .map(({ name, figures }) => ({ category: name, ...figures })),
    topMerchants: groupsOf(rows, 'merchantName', show)
      .slice(0, 5)
      .map(({ name, figures }) => ({ merchant: name, ...figures })),
    month: {
      start: new Date(start).toISOString(),
      end: new Date(end).toISOString(),
      toDate: show(toDate),
      previousToDate: show(previousToDate),
      change: ratio(toDate - previousToDate, previousToDate),
      previousMonth: show(net(spendingIn(all, before, start))),
      projection: show(toDate * days, BigInt(day)),
    },
  };
}
