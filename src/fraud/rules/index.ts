import { highValue } from './high-value.js';
import { highVelocity } from './high-velocity.js';
import { offHours } from './off-hours.js';
import { possibleDuplicate } from './possible-duplicate.js';
import { suspiciousVelocity } from './suspicious-velocity.js';
import { unusualAmount } from './unusual-amount.js';

/** All rules, in the order in which their hits are told. Adding one touches its own file and this list. */
export const rules = [
  highVelocity,
  suspiciousVelocity,
  unusualAmount,
  highValue,
  offHours,
  possibleDuplicate,
] as const;

export type FraudFlag = (typeof rules)[number]['flag'];
