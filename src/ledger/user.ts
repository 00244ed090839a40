import { defineEntity, p } from '@mikro-orm/core';
import { MinorUnitsType } from '../db/column-types.js';

export const userStatuses = ['ACTIVE', 'SUSPENDED', 'CLOSED'] as const;
export type UserStatus = (typeof userStatuses)[number];

/** Where a user's status may go from each; closing is for good. */
export const userStatusTransitions: Readonly<Record<UserStatus, readonly UserStatus[]>> = {
  ACTIVE: ['SUSPENDED', 'CLOSED'],
  SUSPENDED: ['ACTIVE', 'CLOSED'],
  CLOSED: [],
};

const ID_PATTERN = /^[A-Za-z0-9_-]{1,36}$/;

/** Whether `text` has the shape of a user's id; anything else cannot exist. */
export function isUserId(text: string): boolean {
  return ID_PATTERN.test(text);
}

const UserSchema = defineEntity({
  name: 'User',
  tableName: 'users',
  checks: [{ name: 'users_balance_check', expression: 'held >= 0 and posted >= held' }],
  properties: {
    id: p.string().length(36).primary(),
    email: p.string().length(254),
    /** The e-mail in lower case: what makes it unique. */
    emailKey: p.string().length(254).unique(),
    fullName: p.string().length(255),
    currency: p.string().length(3),
    timeZone: p.string().length(64),
    status: p.string().length(16).$type<UserStatus>(),
    /** Settled money, in minor units of the wallet's currency. */
    posted: p.type(MinorUnitsType),
    /** What pending debits reserve of it. */
    held: p.type(MinorUnitsType),
    /** Grows by exactly one with every change of posted or held. */
    version: p.integer(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

/** A person with one wallet in one currency. */
export class User extends UserSchema.class {}
UserSchema.setClass(User);

export function availableOf(user: Pick<User, 'posted' | 'held'>): bigint {
  return user.posted - user.held;
}
