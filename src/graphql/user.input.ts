import { Field, ID, InputType } from 'type-graphql';
import type { UserStatus } from '../ledger/user.js';
import { UserStatusEnum } from './enums.js';
import { CurrencyCode } from './scalars.js';

@InputType('CreateUserInput', { description: 'A new user, with an empty wallet.' })
export class CreateUserInputType {
  @Field(() => ID, {
    nullable: true,
    description: '1 to 36 characters of `A-Z a-z 0-9 _ -`; generated when omitted.',
  })
  id?: string;

  @Field(() => String, { description: 'An e-mail address that no other user has, in whatever case.' })
  email!: string;

  @Field(() => String, { description: 'The name in full, at most 255 characters.' })
  fullName!: string;

  @Field(() => CurrencyCode, { description: "The wallet's currency, for good; one of `exchangeRates`." })
  currency!: string;

  @Field(() => String, { defaultValue: 'Asia/Kuala_Lumpur', description: 'IANA time zone.' })
  timeZone!: string;
}

@InputType('ChangeUserStatusInput', { description: "A change of a user's status." })
export class ChangeUserStatusInputType {
  @Field(() => ID, { description: 'Whose status.' })
  userId!: string;

  @Field(() => UserStatusEnum, {
    description:
      '`ACTIVE` and `SUSPENDED` lead to each other and both to `CLOSED`, which needs an empty wallet and is for good.',
  })
  status!: UserStatus;

  @Field(() => String, { nullable: true, description: 'Why, at most 500 characters; kept in the event log.' })
  reason?: string;
}
