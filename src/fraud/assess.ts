import type { FraudHit } from '../ledger/transaction.js';
import type { History, Reach, RuleDefinition, Setting, Subject } from './rule.js';
import { rules } from './rules/index.js';

export const fraudLevels = ['LOW', 'MONITOR', 'REVIEW', 'HIGH'] as const;
export type FraudLevel = (typeof fraudLevels)[number];

export const SCORE_MAX = 100;

export interface FraudSettings {
  /** The parsed settings of each rule, by its flag. */
  readonly rules: Readonly<Record<string, Readonly<Record<string, number | bigint>>>>;
  /** The lowest score of each level above `LOW`; from `review` on, a transaction is held. */
  readonly monitorScore: number;
  readonly reviewScore: number;
  readonly highScore: number;
}

export interface Assessment {
  /** The sum of the hits' points, at most 100. */
  readonly score: number;
  readonly hits: readonly FraudHit[];
}

// The list's members differ in the names of their settings; here each is only handed what was parsed for it.
const allRules: ReadonlyArray<RuleDefinition<Record<string, Setting>>> = rules as never;

function settingsOf(settings: FraudSettings, flag: string): Record<string, never> {
  return settings.rules[flag] as Record<string, never>;
}

/** Scores a transaction by every rule, each with its evidence. */
export function assess(subject: Subject, history: History, settings: FraudSettings): Assessment {
  const hits: FraudHit[] = [];
  for (const rule of allRules) {
    const own = settingsOf(settings, rule.flag);
    const evidence = rule.check(subject, history, own);
    if (evidence) hits.push({ flag: rule.flag, points: Number(own.points), ...evidence });
  }
  const points = hits.reduce((sum, hit) => sum + hit.points, 0);
  return { score: Math.min(SCORE_MAX, points), hits };
}

export function levelOf(score: number, settings: FraudSettings): FraudLevel {
  if (score >= settings.highScore) return 'HIGH';
  if (score >= settings.reviewScore) return 'REVIEW';
  return score >= settings.monitorScore ? 'MONITOR' : 'LOW';
}

/** Whether a transaction with this score waits for an analyst, its money held. */
export function isHeld(score: number, settings: FraudSettings): boolean {
  return score >= settings.reviewScore;
}

/** The furthest that any rule has to see. */
export function reachOf(settings: FraudSettings): Required<Reach> {
  const reaches = allRules.map((rule) => rule.reach(settingsOf(settings, rule.flag)));
  const furthest = (key: keyof Reach) => Math.max(0, ...reaches.map((reach) => reach[key] ?? 0));
  return {
    newest: furthest('newest'),
    historySeconds: furthest('historySeconds'),
    sameSeconds: furthest('sameSeconds'),
  };
}
