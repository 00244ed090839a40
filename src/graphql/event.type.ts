import { Field, ObjectType } from 'type-graphql';
import { writeCursor } from '../events/cursor.js';
import type { PublishedEvent } from '../events/hub.js';
import type { FraudSettings } from '../fraud/assess.js';
import type { TransactionRow } from '../ledger/transaction.js';
import { BalanceType } from './balance.type.js';
import { DeliveryEnum, type DeliveryName } from './enums.js';
import { assessmentOf, FraudAssessmentType } from './fraud.type.js';
import { MoneyType, toMoney } from './money.type.js';
import { DateTime, EventCursor } from './scalars.js';
import { TransactionObject } from './transaction.type.js';

/** What every stream tells of an event. */
@ObjectType({ description: 'An event of the log.' })
abstract class EventUpdate {
  @Field(() => EventCursor, { description: 'Where the stream stands after this.' })
  readonly cursor: string;

  @Field(() => DeliveryEnum, { description: 'How it came.' })
  readonly delivery: DeliveryName = 'LIVE';

  @Field(() => DateTime, { description: 'When it happened.' })
  readonly occurredAt: Date;

  constructor({ row }: PublishedEvent) {
    this.cursor = writeCursor(row.position);
    this.occurredAt = row.occurredAt;
  }
}

function transactionOf({ row, payload }: PublishedEvent): TransactionRow {
  if (!payload.transaction) throw new Error(`event ${row.position} is about no transaction`);
  return payload.transaction;
}

@ObjectType('BalanceUpdate', { description: 'A change of a wallet.' })
export class BalanceUpdateType extends EventUpdate {
  @Field(() => BalanceType, { description: 'The wallet as the event left it.' })
  readonly balance: BalanceType;

  @Field(() => MoneyType, { nullable: true, description: 'What the event changed of `available`.' })
  readonly change: MoneyType | null;

  @Field(() => TransactionObject, {
    nullable: true,
    description: 'The transaction that changed it, as of the event.',
  })
  readonly transaction: TransactionObject | null;

  constructor(event: PublishedEvent) {
    super(event);
    const { balance, change, transaction } = event.payload;
    this.balance = new BalanceType(event.row.userId, balance, event.row.occurredAt);
    this.change = change ? toMoney(change.posted - change.held, balance.currency) : null;
    this.transaction = transaction ? new TransactionObject(transaction) : null;
  }
}

@ObjectType('FraudAlert', { description: 'A transaction that a fraud rule flagged.' })
export class FraudAlertType extends EventUpdate {
  @Field(() => TransactionObject, { description: 'The transaction, as of the event.' })
  readonly transaction: TransactionObject;

  @Field(() => FraudAssessmentType, { description: 'What the rules found.' })
  readonly assessment: FraudAssessmentType;

  constructor(event: PublishedEvent, settings: FraudSettings) {
    super(event);
    const row = transactionOf(event);
    const assessment = assessmentOf(row, settings);
    if (!assessment) throw new Error(`transaction ${row.id} was not scored`);
    this.transaction = new TransactionObject(row);
    this.assessment = assessment;
  }
}

@ObjectType('TransactionUpdate', { description: 'A transaction that was made or changed.' })
export class TransactionUpdateType extends EventUpdate {
  @Field(() => TransactionObject, { description: 'The transaction, as of the event.' })
  readonly transaction: TransactionObject;

  constructor(event: PublishedEvent) {
    super(event);
    this.transaction = new TransactionObject(transactionOf(event));
  }
}
