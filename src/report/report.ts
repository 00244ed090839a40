import type { EntityManager } from '@mikro-orm/core';
import { type AnalyticsSettings, findPeriodProblem } from '../analytics/period.js';
import {
  byCategory,
  byHourOfDay,
  byMerchant,
  findSpending,
  previousTotal,
  type Spending,
  seriesOf,
} from '../analytics/spending.js';
import { changeOf, netOf, ranked, shareOf, type Tally, tallyOf } from '../analytics/tally.js';
import { User } from '../ledger/user.js';
import { DAY_MS, formatDay, WallClock } from '../local-time.js';
import { formatAmount, formatMinor } from '../money/amount.js';
import { getExponent } from '../money/currency.js';
import { conversionBetween, convert, type Rates } from '../money/rates.js';
import { type Bar, drawChart } from './chart.js';
import { type ReportOptions, wrong } from './read-options.js';

export interface ReportSettings {
  readonly rates: Rates;
  readonly analytics: AnalyticsSettings;
}

const MERCHANTS = 10;

/** A user's spending as text for a terminal: figures in a table, and bars. */
export async function report(
  em: EntityManager,
  options: ReportOptions,
  settings: ReportSettings,
): Promise<string> {
  const user = await em.fork().findOne(User, options.user);
  if (!user) throw wrong(`There is no user ${options.user}`);
  const { rates } = settings;
  const currency = options.currency ?? user.currency;
  if (!rates.perUnit.has(currency)) {
    throw wrong(`--currency must be one of ${[...rates.perUnit.keys()].join(', ')}, not ${currency}`);
  }
  const dates = { from: new Date(options.from * DAY_MS), to: new Date(options.to * DAY_MS) };
  const problem = findPeriodProblem(dates, settings.analytics);
  if (problem) throw wrong(problem.replace(/\.$/, ''));
  const clock = new WallClock(user.timeZone, (options.from - 2) * DAY_MS, (options.to + 2) * DAY_MS);
  const [from, to] = [new Date(clock.startOf(options.from)), new Date(clock.startOf(options.to))];
  const spending = await findSpending(em, user, { from, to });
  const conversion = conversionBetween(rates, rates.base, currency);
  const money: Money = { currency, minorOf: (minor, parts) => convert(minor, conversion, parts) };
  return [
    `Spending of ${user.id}, ${formatDay(options.from)} to ${formatDay(options.to)} (not included), ${user.timeZone}, in ${currency}`,
    ...section('Summary', summaryOf(spending, money)),
    ...section('By category', drawChart(groupsOf(byCategory(spending), spending, money))),
    ...section(
      `By merchant, the first ${MERCHANTS}`,
      drawChart(groupsOf(byMerchant(spending), spending, money).slice(0, MERCHANTS)),
    ),
    ...section(`By ${options.granularity.toLowerCase()}`, drawChart(seriesBars(spending, options, money))),
    ...section('By hour of the day', drawChart(hourBars(spending, money))),
  ].join('\n');
}

/** The currency that figures are shown in, and what an amount of the base currency, or an equal part of it, comes to there. */
interface Money {
  readonly currency: string;
  readonly minorOf: (minor: bigint, parts?: bigint) => bigint;
}

function section(title: string, lines: readonly string[]): string[] {
  return ['', title, ...(lines.length > 0 ? lines : ['  nothing'])];
}

function summaryOf(spending: Spending, money: Money): string[] {
  const tally = tallyOf(spending.rows);
  const previous = previousTotal(spending);
  const change = changeOf(netOf(tally), previous);
  const show = (minor: bigint, parts?: bigint) =>
    formatAmount({ minor: money.minorOf(minor, parts), currency: money.currency });
  const average = tally.count > 0 ? show(tally.gross, BigInt(tally.count)) : '–';
  return drawChart(
    [
      ['total', show(netOf(tally))],
      ['purchases', String(tally.count)],
      ['average', average],
      ['largest', tally.largest === undefined ? '–' : show(tally.largest)],
      ['refunded', show(tally.refunded)],
      ['period before', show(previous)],
      ['change', change === null ? '–' : percent(change)],
    ].map(([label = '', cell = '']) => ({ label, cells: [cell], size: 0n })),
  );
}

function groupsOf(groups: ReadonlyMap<string, Tally>, spending: Spending, money: Money): Bar[] {
  const total = netOf(tallyOf(spending.rows));
  return ranked(groups).map(([label, tally]) => {
    const share = shareOf(netOf(tally), total);
    const bar = barOf(label, tally, money);
    return { ...bar, cells: [...bar.cells, share === null ? '–' : percent(share)] };
  });
}

function seriesBars(spending: Spending, { granularity }: ReportOptions, money: Money): Bar[] {
  const { timeZone } = spending;
  return seriesOf(spending, granularity).map(({ start, tally }) => {
    const at = start.getTime();
    return barOf(formatDay(new WallClock(timeZone, at, at).dayOf(at)), tally, money);
  });
}

function hourBars({ rows, timeZone }: Spending, money: Money): Bar[] {
  return byHourOfDay(rows, timeZone).map((tally, hour) =>
    barOf(`${String(hour).padStart(2, '0')}:00`, tally, money),
  );
}

function barOf(label: string, tally: Tally, money: Money): Bar {
  const size = money.minorOf(netOf(tally));
  return { label, cells: [formatMinor(size, getExponent(money.currency)), `${tally.count} ×`], size };
}

/** `0.1234` as `12.34 %`. */
function percent(ratio: string): string {
  return `${formatMinor(BigInt(ratio.replace('.', '')), 2)} %`;
}
