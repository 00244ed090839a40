import { Authorized, Field, ID, ObjectType } from 'type-graphql';
import type { User } from '../ledger/user.js';
import { UserStatusEnum } from './enums.js';
import { CurrencyCode, DateTime } from './scalars.js';

@Authorized()
@ObjectType('User', { description: 'A person with one wallet in one currency.' })
export class UserType {
  constructor(readonly row: User) {}

  get ownerId(): string {
    return this.row.id;
  }

  @Field(() => ID, { description: '1 to 36 characters of `A-Z a-z 0-9 _ -`.' })
  get id(): string {
    return this.row.id;
  }

  @Field(() => String, { description: 'Unique, whatever its case.' })
  get email(): string {
    return this.row.email;
  }

  @Field(() => String, { description: 'The name in full.' })
  get fullName(): string {
    return this.row.fullName;
  }

  @Field(() => CurrencyCode, { description: "The wallet's currency." })
  get currency(): string {
    return this.row.currency;
  }

  @Field(() => String, { description: 'IANA time zone, in which days begin and nights are told.' })
  get timeZone(): string {
    return this.row.timeZone;
  }

  @Field(() => UserStatusEnum, { description: 'What the user may do.' })
  get status(): User['status'] {
    return this.row.status;
  }

  @Field(() => DateTime, { description: 'When the user was made.' })
  get createdAt(): Date {
    return this.row.createdAt;
  }

  @Field(() => DateTime, { description: "When the user's balance or status last changed." })
  get updatedAt(): Date {
    return this.row.updatedAt;
  }
}
