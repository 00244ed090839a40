import { Authorized, Field, ObjectType } from 'type-graphql';
import { writeCursor } from '../events/cursor.js';
import type { Delivery, StreamItem } from '../events/event-stream.js';
import type { BalanceRecord } from '../events/payload.js';
import type { FraudSettings } from '../fraud/assess.js';
import { BalanceType } from './balance.type.js';
import { DeliveryEnum } from './enums.js';
import { assessmentOf, FraudAssessmentType } from './fraud.type.js';
import { MoneyType, toMoney } from './money.type.js';
import { DateTime, EventCursor } from './scalars.js';
import { TransactionObject } from './transaction.type.js';

/** What every stream tells. */
@Authorized()
@ObjectType({ description: 'One thing in a stream.' })
abstract class StreamUpdate {
  @Field(() => EventCursor, {
    description:
      'Where the stream stands after this. Keep the newest one; as `after` it brings all that came since.',
  })
  readonly cursor: string;

  @Field(() => DeliveryEnum, { description: 'How it came.' })
  readonly delivery: Delivery;

  @Field(() => DateTime, {
    description: 'When it happened; of a `SNAPSHOT` or `PROGRESS`, when it was told.',
  })
  readonly occurredAt: Date;

  constructor({ place, delivery, event }: StreamItem, now: Date) {
    this.cursor = writeCursor(place);
    this.delivery = delivery;
    this.occurredAt = event?.row.occurredAt ?? now;
  }
}

function transactionOf({ event }: StreamItem): TransactionObject | null {
  const transaction = event?.payload.transaction;
  return transaction ? new TransactionObject(transaction) : null;
}

@Authorized()
@ObjectType('BalanceUpdate', { description: 'A wallet: as it is, as it was changed, or still is.' })
export class BalanceUpdateType extends StreamUpdate {
  @Field(() => BalanceType, { description: 'The wallet as of this.' })
  readonly balance: BalanceType;

  @Field(() => MoneyType, {
    nullable: true,
    description: 'What the event changed of `available`; null without an event.',
  })
  readonly change: MoneyType | null;

  @Field(() => TransactionObject, {
    nullable: true,
    description: 'The transaction that changed it, as of the event; null without an event.',
  })
  readonly transaction: TransactionObject | null;

  constructor(item: StreamItem, userId: string, balance: BalanceRecord, now: Date) {
    super(item, now);
    const change = item.event?.payload.change;
    this.balance = new BalanceType(userId, balance, this.occurredAt);
    this.change = change ? toMoney(change.posted - change.held, balance.currency) : null;
    this.transaction = transactionOf(item);
  }
}

@Authorized()
@ObjectType('FraudAlert', { description: 'A transaction that a fraud rule flagged.' })
export class FraudAlertType extends StreamUpdate {
  @Field(() => TransactionObject, {
    nullable: true,
    description: 'The transaction, as of the event; null in `PROGRESS`.',
  })
  readonly transaction: TransactionObject | null;

  @Field(() => FraudAssessmentType, {
    nullable: true,
    description: 'What the rules found; null in `PROGRESS`.',
  })
  readonly assessment: FraudAssessmentType | null;

  constructor(item: StreamItem, settings: FraudSettings, now: Date) {
    super(item, now);
    this.transaction = transactionOf(item);
    this.assessment = this.transaction && assessmentOf(this.transaction.row, settings);
  }
}

@Authorized()
@ObjectType('TransactionUpdate', { description: 'A transaction that was made or changed.' })
export class TransactionUpdateType extends StreamUpdate {
  @Field(() => TransactionObject, {
    nullable: true,
    description: 'The transaction, as of the event; null in `PROGRESS`.',
  })
  readonly transaction: TransactionObject | null;

  constructor(item: StreamItem, now: Date) {
    super(item, now);
    this.transaction = transactionOf(item);
  }
}
