import { defineEntity, p } from '@mikro-orm/core';
import { JsonTextType, MinorUnitsType } from '../db/column-types.js';

const ActivitySumsSchema = defineEntity({
  name: 'ActivitySums',
  tableName: 'activity_sums',
  properties: {
    userId: p.string().length(36).primary(),
    /** The sums are over completed transactions made after this instant. */
    historySince: p.datetime(3),
    debitCount: p.type(MinorUnitsType),
    /** In base minor units. */
    debitTotal: p.type(MinorUnitsType),
    creditCount: p.type(MinorUnitsType),
    creditTotal: p.type(MinorUnitsType),
    /** When the local day began whose pending and completed debits come to `spentToday`. */
    dayStart: p.datetime(3),
    spentToday: p.type(MinorUnitsType),
    /** When the newest transactions were made, newest first: Unix milliseconds, and how many there are. */
    newest: p.type(new JsonTextType<readonly number[]>()),
    newestCount: p.integer(),
  },
});

/**
 * What a user's transactions of the rules' history and of one local day add up to, refunds left out. Kept in step by every
 * batch, under the user's lock, so that no command adds up what was added up before.
 */
export class ActivitySums extends ActivitySumsSchema.class {}
ActivitySumsSchema.setClass(ActivitySums);
