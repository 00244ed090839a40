import { writeCursor } from '../events/cursor.js';
import type { EventRow, EventType } from '../events/event.js';
import { type BalanceRecord, readPayload } from '../events/payload.js';
import type { TransactionRow } from '../ledger/transaction.js';
import { formatMinor } from '../money/amount.js';
import { getExponent } from '../money/currency.js';

/** What a message's `type` says, for each type of the log. */
export const messageTypes = {
  USER_CREATED: 'user.created',
  USER_STATUS_CHANGED: 'user.status_changed',
  TRANSACTION_CREATED: 'transaction.created',
  TRANSACTION_REVIEWED: 'transaction.reviewed',
  TRANSACTION_REVERSED: 'transaction.reversed',
  WEBHOOK_ENDPOINT_CREATED: 'webhook_endpoint.created',
  WEBHOOK_ENDPOINT_UPDATED: 'webhook_endpoint.updated',
  WEBHOOK_ENDPOINT_PAUSED: 'webhook_endpoint.paused',
  WEBHOOK_ENDPOINT_RESUMED: 'webhook_endpoint.resumed',
  WEBHOOK_ENDPOINT_DELETED: 'webhook_endpoint.deleted',
  WEBHOOK_SECRET_ROTATED: 'webhook_endpoint.secret_rotated',
  WEBHOOK_TESTED: 'webhook_endpoint.tested',
  WEBHOOK_REDELIVERED: 'webhook_endpoint.redelivered',
  WEBHOOK_REPLAYED: 'webhook_endpoint.replayed',
  API_KEY_CREATED: 'api_key.created',
  API_KEY_ROTATED: 'api_key.rotated',
  API_KEY_REVOKED: 'api_key.revoked',
} as const satisfies Record<EventType, string>;

export const TEST_TYPE = 'test';

/** The body for an event: ids, amounts and states. No names, no e-mail addresses, no text that people wrote. */
export function messageOf(event: EventRow): string {
  const { balance, transaction, userStatus, webhookEndpoint, apiKey, actor } = readPayload(event.payload);
  return write(messageTypes[event.type], event.occurredAt, {
    cursor: writeCursor(event),
    ...(event.userId !== null && { userId: event.userId }),
    ...(userStatus && { userStatus }),
    ...(transaction && { transaction: transactionOf(transaction) }),
    ...(balance && { balance: balanceOf(balance) }),
    ...(webhookEndpoint && { webhookEndpoint }),
    ...(apiKey && { apiKey }),
    ...(event.userId === null && actor && { actor }),
  });
}

export function testMessage(endpointId: string, now: Date): string {
  return write(TEST_TYPE, now, { webhookEndpoint: { id: endpointId } });
}

function write(type: string, at: Date, data: object): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), data });
}

/** An amount in the API's form. */
function money(minor: bigint, currency: string) {
  return {
    amount: formatMinor(minor, getExponent(currency)),
    currency,
    minorUnits: minor.toString(),
  };
}

function balanceOf({ posted, held, currency, version }: BalanceRecord) {
  return {
    posted: money(posted, currency),
    held: money(held, currency),
    available: money(posted - held, currency),
    version,
  };
}

function transactionOf(row: TransactionRow) {
  return {
    id: row.id,
    type: row.type,
    status: row.status,
    amount: money(row.amount, row.currency),
    walletAmount: money(row.walletAmount, row.walletCurrency),
    refundedAmount: money(row.refundedAmount, row.currency),
    merchantCategory: row.merchantCategory,
    fraudScore: row.fraudScore,
    fraudFlags: row.fraudFlags,
    failureCode: row.failure?.code ?? null,
    reviewDecision: row.reviewDecision,
    originalTransactionId: row.originalId,
    idempotencyKey: row.idempotencyKey,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
