import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { EventRow } from '../../src/events/event.js';
import { writePayload } from '../../src/events/payload.js';
import type { TransactionRow } from '../../src/ledger/transaction.js';
import { blankTransaction } from '../../src/operations/new-transaction.js';
import { retryDelayMs } from '../../src/webhooks/backoff.js';
import { withAttempt } from '../../src/webhooks/delivery.js';
import { messageOf, testMessage } from '../../src/webhooks/message.js';
import { newSecret, signatureHeaders } from '../../src/webhooks/signature.js';

const AT = new Date('2026-03-10T04:00:00.123Z');

describe('the wait before a retry', () => {
  it('grows by doubling from two seconds to an hour', () => {
    const longest = [1, 2, 3, 4, 11, 12, 13, 1_000].map((failures) => retryDelayMs(failures, 1));
    expect(longest).toEqual([2_000, 4_000, 8_000, 16_000, 2_048_000, 3_600_000, 3_600_000, 3_600_000]);
  });

  it('is a random part of it', () => {
    expect([0, 0.25, 0.5].map((random) => retryDelayMs(3, random))).toEqual([0, 2_000, 4_000]);
  });
});

describe('the attempts that are kept', () => {
  it('are the newest twenty', () => {
    let attempts: ReturnType<typeof withAttempt> = [];
    for (let durationMs = 1; durationMs <= 25; durationMs += 1)
      attempts = withAttempt(attempts, { at: AT.toISOString(), statusCode: 500, durationMs, error: null });
    expect(attempts.map(({ durationMs }) => durationMs)).toEqual(Array.from({ length: 20 }, (_, i) => i + 6));
  });
});

describe('a signature', () => {
  it('is made with 32 random bytes and is what the reference library makes, one for each secret', () => {
    const [first, second] = [newSecret(), newSecret()];
    expect(first).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(first).not.toBe(second);
    const headers = signatureHeaders('id', AT, '{}', [first, second]);
    const signed = [first, second].map((secret) => new Webhook(secret).sign('id', AT, '{}'));
    expect(headers).toEqual({
      'webhook-id': 'id',
      'webhook-timestamp': '1773115200',
      'webhook-signature': signed.join(' '),
    });
  });
});

describe('a message', () => {
  const transaction: TransactionRow = {
    ...blankTransaction('01890000-0000-7000-8000-000000000001', AT),
    userId: 'user-001',
    type: 'PURCHASE',
    status: 'COMPLETED',
    amount: 1_001n,
    currency: 'SGD',
    walletAmount: 3_504n,
    walletCurrency: 'MYR',
    baseAmount: 3_504n,
    rate: '3.50',
    walletRate: '1',
    merchantName: 'Kedai Aisyah',
    merchantCategory: 'food',
    metadata: { email: 'aisyah@example.com' },
    fraudScore: 20,
    fraudFlags: ['OFF_HOURS'],
    fraudHits: [],
    idempotencyKey: 'k1',
    requestHash: 'h',
  };
  const event = (values: Partial<EventRow>, payload: string): EventRow => ({
    position: 7,
    userId: 'user-001',
    version: 2,
    type: 'TRANSACTION_CREATED',
    transactionId: transaction.id,
    occurredAt: AT,
    hash: 'a'.repeat(64),
    payload,
    ...values,
  });
  const balance = { currency: 'MYR', posted: 96_496n, held: 1_000n, version: 2 };
  const balanceMessage = {
    posted: { amount: '964.96', currency: 'MYR', minorUnits: '96496' },
    held: { amount: '10.00', currency: 'MYR', minorUnits: '1000' },
    available: { amount: '954.96', currency: 'MYR', minorUnits: '95496' },
    version: 2,
  };

  it("tells a transaction's amounts in the API's form, its balance and its cursor, and nobody's name", () => {
    const payload = writePayload({ balance, change: { posted: -3_504n, held: 0n }, transaction });
    expect(JSON.parse(messageOf(event({}, payload)))).toEqual({
      type: 'transaction.created',
      timestamp: '2026-03-10T04:00:00.123Z',
      data: {
        cursor: Buffer.from('p1:7:aaaaaaaaaaaa').toString('base64url'),
        userId: 'user-001',
        transaction: {
          id: transaction.id,
          type: 'PURCHASE',
          status: 'COMPLETED',
          amount: { amount: '10.01', currency: 'SGD', minorUnits: '1001' },
          walletAmount: { amount: '35.04', currency: 'MYR', minorUnits: '3504' },
          refundedAmount: { amount: '0.00', currency: 'SGD', minorUnits: '0' },
          merchantCategory: 'food',
          fraudScore: 20,
          fraudFlags: ['OFF_HOURS'],
          failureCode: null,
          reviewDecision: null,
          originalTransactionId: null,
          idempotencyKey: 'k1',
          createdAt: '2026-03-10T04:00:00.123Z',
          updatedAt: '2026-03-10T04:00:00.123Z',
        },
        balance: balanceMessage,
      },
    });
  });

  it("tells a change of a user's status, and not the reason that somebody wrote", () => {
    const payload = writePayload({ balance, userStatus: 'SUSPENDED', actor: 'api-key:1', reason: 'he lied' });
    const message = messageOf(event({ type: 'USER_STATUS_CHANGED', transactionId: null }, payload));
    expect(JSON.parse(message)).toEqual({
      type: 'user.status_changed',
      timestamp: '2026-03-10T04:00:00.123Z',
      data: {
        cursor: Buffer.from('p1:7:aaaaaaaaaaaa').toString('base64url'),
        userId: 'user-001',
        userStatus: 'SUSPENDED',
        balance: balanceMessage,
      },
    });
  });

  it('tells that an endpoint was paused, which is about no user', () => {
    const payload = writePayload({ webhookEndpoint: { id: 'e1', pausedReason: 'GONE' } });
    const values = {
      type: 'WEBHOOK_ENDPOINT_PAUSED',
      userId: null,
      transactionId: null,
      version: 0,
    } as const;
    expect(JSON.parse(messageOf(event(values, payload)))).toEqual({
      type: 'webhook_endpoint.paused',
      timestamp: '2026-03-10T04:00:00.123Z',
      data: {
        cursor: Buffer.from('p1:7:aaaaaaaaaaaa').toString('base64url'),
        webhookEndpoint: { id: 'e1', pausedReason: 'GONE' },
      },
    });
  });

  it('of a test names the endpoint', () => {
    expect(testMessage('e1', AT)).toBe(
      '{"type":"test","timestamp":"2026-03-10T04:00:00.123Z","data":{"webhookEndpoint":{"id":"e1"}}}',
    );
  });
});
