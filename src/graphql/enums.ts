import { registerEnumType } from 'type-graphql';
import { type ErrorCode, errorCodes } from '../errors.js';
import { type EventType, eventTypes } from '../events/event.js';
import { type Delivery, deliveries } from '../events/event-stream.js';
import { type FraudLevel, fraudLevels } from '../fraud/assess.js';
import { type FraudFlag, rules } from '../fraud/rules/index.js';
import {
  type ReviewDecision,
  reviewDecisions,
  type TransactionStatus,
  type TransactionType,
  transactionStatuses,
  transactionTypes,
} from '../ledger/transaction.js';
import { type UserStatus, userStatuses } from '../ledger/user.js';
import { type CalendarUnit, calendarUnits } from '../local-time.js';
import { type DeliveryStatus, deliveryStatuses } from '../webhooks/delivery.js';
import { type PauseReason, pauseReasons, type WebhookStatus, webhookStatuses } from '../webhooks/endpoint.js';

type Values<T extends string> = { readonly [V in T]: V };
export type Descriptions<T extends string> = Readonly<Record<T, string>>;

/** Registers words as a GraphQL enum whose values are themselves. */
export function enumOf<T extends string>(
  name: string,
  description: string,
  values: readonly T[],
  descriptions: Descriptions<T>,
) {
  const members = Object.fromEntries(values.map((value) => [value, value])) as Values<T>;
  const valuesConfig = Object.fromEntries(
    values.map((value) => [value, { description: descriptions[value] }]),
  );
  registerEnumType(members, { name, description, valuesConfig: valuesConfig as never });
  return members;
}

function describe<T extends string>(entries: ReadonlyArray<readonly [T, string]>): Descriptions<T> {
  return Object.fromEntries(entries) as Descriptions<T>;
}

export const UserStatusEnum = enumOf<UserStatus>('UserStatus', 'What a user may do.', userStatuses, {
  ACTIVE: 'May do everything.',
  SUSPENDED: 'May not move money, but may receive refunds; can become active again.',
  CLOSED: 'Ended for good, with an empty wallet.',
});

export const TransactionTypeEnum = enumOf<TransactionType>(
  'TransactionType',
  'What a transaction is for.',
  transactionTypes,
  {
    PURCHASE: 'A debit in favour of a merchant.',
    WITHDRAWAL: 'A debit paid out to the user.',
    TOP_UP: 'A credit funded from outside.',
    REFUND: 'A credit that returns a purchase or a part of it; made only by the mutation `refund`.',
  },
);

export const TransactionStatusEnum = enumOf<TransactionStatus>(
  'TransactionStatus',
  'Where a transaction stands: `PENDING → COMPLETED | FAILED`, `COMPLETED → REVERSED`, and nothing else.',
  transactionStatuses,
  {
    PENDING: 'Waits for a review; the money of a debit is held.',
    COMPLETED: 'Settled.',
    FAILED: 'Refused or rejected; `failure` says why. No money moved.',
    REVERSED: 'Undone after it was settled.',
  },
);

export const ReviewDecisionEnum = enumOf<ReviewDecision>(
  'ReviewDecision',
  "An analyst's decision.",
  reviewDecisions,
  {
    APPROVE: 'Completes the transaction: its hold becomes a posting.',
    REJECT: 'Fails the transaction: its hold is released.',
  },
);

export const FraudFlagEnum = enumOf<FraudFlag>(
  'FraudFlag',
  'What a fraud rule found. The figures are the defaults; every threshold, window and score is configurable.',
  rules.map((rule) => rule.flag),
  describe(rules.map((rule) => [rule.flag, rule.description] as const)),
);

export const FraudLevelEnum = enumOf<FraudLevel>(
  'FraudLevel',
  'What a fraud score means. The figures are the defaults.',
  fraudLevels,
  {
    LOW: 'Score 0 to 39: decided at once.',
    MONITOR: 'Score 40 to 59: decided at once, worth watching.',
    REVIEW: 'Score 60 to 79: held until an analyst decides.',
    HIGH: 'Score 80 to 100: held until an analyst decides, most urgent.',
  },
);

export const ErrorCodeEnum = enumOf<ErrorCode>(
  'ErrorCode',
  'Why something was refused.',
  Object.keys(errorCodes) as ErrorCode[],
  describe(Object.entries(errorCodes).map(([code, [, meaning]]) => [code as ErrorCode, meaning] as const)),
);

export type OrderFieldName = 'CREATED_AT' | 'AMOUNT';
export const TransactionOrderFieldEnum = enumOf<OrderFieldName>(
  'TransactionOrderField',
  'What transactions are sorted by, and then by id.',
  ['CREATED_AT', 'AMOUNT'],
  {
    CREATED_AT: 'When they were made.',
    AMOUNT: 'Their equivalent in the base currency when they were made, so that currencies compare.',
  },
);

export type OrderDirectionName = 'ASC' | 'DESC';
export const OrderDirectionEnum = enumOf<OrderDirectionName>(
  'OrderDirection',
  'Which way to sort.',
  ['ASC', 'DESC'],
  {
    ASC: 'Smallest or oldest first.',
    DESC: 'Largest or newest first.',
  },
);

export const DeliveryEnum = enumOf<Delivery>('Delivery', 'How something comes to a subscriber.', deliveries, {
  SNAPSHOT: 'The state now, with the cursor from which the stream goes on.',
  REPLAY: 'An event that happened before, since the cursor in `after`.',
  LIVE: 'An event as it happens.',
  PROGRESS: 'Nothing new, only how far the log has come: keep its cursor.',
});

export const WebhookEventTypeEnum = enumOf<EventType>(
  'WebhookEventType',
  'What webhooks tell of. The `type` of the message stands in brackets.',
  eventTypes,
  {
    USER_CREATED: 'A user was made (`user.created`).',
    USER_STATUS_CHANGED: 'A user was suspended, reactivated or closed (`user.status_changed`).',
    TRANSACTION_CREATED: 'A transaction was made, whatever its status (`transaction.created`).',
    TRANSACTION_REVIEWED: 'A pending transaction was approved or rejected (`transaction.reviewed`).',
    TRANSACTION_REVERSED: 'A completed transaction was undone (`transaction.reversed`).',
    WEBHOOK_ENDPOINT_CREATED: 'A webhook endpoint was made (`webhook_endpoint.created`).',
    WEBHOOK_ENDPOINT_UPDATED: 'A webhook endpoint was changed (`webhook_endpoint.updated`).',
    WEBHOOK_ENDPOINT_PAUSED:
      'A webhook endpoint was paused, or given up by the server (`webhook_endpoint.paused`).',
    WEBHOOK_ENDPOINT_RESUMED: 'A webhook endpoint was resumed (`webhook_endpoint.resumed`).',
    WEBHOOK_ENDPOINT_DELETED: 'A webhook endpoint was deleted (`webhook_endpoint.deleted`).',
    WEBHOOK_SECRET_ROTATED: 'A webhook endpoint got a new secret (`webhook_endpoint.secret_rotated`).',
    WEBHOOK_TESTED: 'A test message was asked for (`webhook_endpoint.tested`).',
    WEBHOOK_REDELIVERED: 'A delivery was asked for once more (`webhook_endpoint.redelivered`).',
    WEBHOOK_REPLAYED: 'Past events were asked for once more (`webhook_endpoint.replayed`).',
    API_KEY_CREATED: 'An API key was made (`api_key.created`).',
    API_KEY_ROTATED: 'An API key was replaced by a new one (`api_key.rotated`).',
    API_KEY_REVOKED: 'An API key was revoked (`api_key.revoked`).',
  },
);

export const WebhookStatusEnum = enumOf<WebhookStatus>(
  'WebhookStatus',
  'Whether an endpoint is sent to.',
  webhookStatuses,
  {
    ACTIVE: 'Events are sent as they happen.',
    PAUSED: 'Nothing is sent until it is resumed; then it goes on where it stopped.',
  },
);

export const PauseReasonEnum = enumOf<PauseReason>(
  'WebhookPauseReason',
  'Why an endpoint is paused.',
  pauseReasons,
  {
    REQUESTED: '`pauseWebhookEndpoint` was called.',
    EXHAUSTED: 'A delivery failed for as long as retries are made: 24 hours by default.',
    GONE: 'The receiver answered 410 Gone.',
  },
);

export const DeliveryStatusEnum = enumOf<DeliveryStatus>(
  'WebhookDeliveryStatus',
  'Where a delivery stands.',
  deliveryStatuses,
  {
    PENDING: 'Waits for its turn or for its next attempt.',
    SENDING: 'An attempt is under way.',
    DELIVERED: 'The receiver answered with a 2xx status.',
    FAILED: 'Given up; its endpoint was paused. It is sent again when the endpoint is resumed.',
  },
);

export const GranularityEnum = enumOf<CalendarUnit>(
  'Granularity',
  'Into which units of the calendar a period is divided.',
  calendarUnits,
  {
    DAY: 'Days, of 23 to 25 hours where clocks change.',
    WEEK: 'Weeks of ISO 8601, from Monday on.',
    MONTH: 'Months.',
  },
);
