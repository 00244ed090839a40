import { defineEntity, p } from '@mikro-orm/core';
import { MinorUnitsType } from '../db/column-types.js';

const RollupSchema = defineEntity({
  name: 'Rollup',
  tableName: 'rollups',
  properties: {
    measure: p.string().length(32).primary(),
    /** The local date in the reporting time zone on which the transactions were made. */
    day: p.string().length(10).primary(),
    /** What of the measure: a category, a score, a flag. */
    label: p.string().length(100).primary(),
    count: p.type(MinorUnitsType),
    /** In minor units of the base currency. */
    amount: p.type(MinorUnitsType),
  },
});

/** A day's sum of one measure under one label, up to where the rollups have come. */
export class Rollup extends RollupSchema.class {}
RollupSchema.setClass(Rollup);

const RollupHeadSchema = defineEntity({
  name: 'RollupHead',
  tableName: 'rollup_head',
  properties: {
    /** There is one row, 1. */
    id: p.integer().primary().autoincrement(false),
    /** Up to which event of the log the rollups count. */
    position: p.bigint('number'),
    /** The time zone whose days they are; set by the first start. */
    timeZone: p.string().length(64).strictNullable(),
  },
});

/** How far the rollups have followed the event log. */
export class RollupHead extends RollupHeadSchema.class {}
RollupHeadSchema.setClass(RollupHead);

export const ROLLUP_HEAD_ID = 1;
