import type { EntityManager } from '@mikro-orm/core';
import { Event, EventLogHead, type EventRow, GENESIS_HASH, HEAD_ID } from '../events/event.js';
import { hashEvent } from '../events/hash-chain.js';
import { type BalanceRecord, getBalance, readPayload } from '../events/payload.js';
import { expectEqual } from './problem.js';

const PAGE = 1_000;

/** Where the log leaves one user. */
export interface LoggedUser {
  readonly balance: BalanceRecord;
  readonly occurredAt: Date;
  readonly status: string;
}

/**
 * Reads the whole log in order: positions without a gap, every hash over the one before, every user's versions and
 * balances following from their changes, instants never going back. Returns where it leaves each user.
 */
export async function checkLog(em: EntityManager): Promise<ReadonlyMap<string, LoggedUser>> {
  const users = new Map<string, LoggedUser>();
  let position = 0;
  let hash = GENESIS_HASH;
  for (;;) {
    const events = await em.find(
      Event,
      { position: { $gt: position } },
      { orderBy: { position: 'asc' }, limit: PAGE, disableIdentityMap: true },
    );
    for (const event of events) {
      expectEqual(event.position, position + 1, `The position after ${position} in the event log`);
      expectEqual(event.hash, hashEvent(hash, event), `The hash of event ${event.position}`);
      if (event.userId === null) expectEqual(event.version, 0, `The version of event ${event.position}`);
      else users.set(event.userId, follow(users.get(event.userId), event));
      position = event.position;
      hash = event.hash;
    }
    if (events.length < PAGE) break;
  }
  const head = await em.findOneOrFail(EventLogHead, HEAD_ID);
  expectEqual(head.position, position, 'The position of the event log’s head');
  expectEqual(head.hash, hash, 'The hash of the event log’s head');
  return users;
}

/** One user's next state, which must follow from the last one by what the event says that it changed. */
function follow(before: LoggedUser | undefined, event: EventRow): LoggedUser {
  const name = `event ${event.position} of user ${event.userId}`;
  const payload = readPayload(event.payload);
  const { change, userStatus } = payload;
  const balance = getBalance(payload);
  expectEqual(event.type === 'USER_CREATED', before === undefined, `Whether ${name} is the user's first`);
  expectEqual(event.version, balance.version, `The version of ${name}`);
  expectEqual(balance.version, (before?.balance.version ?? 0) + (change ? 1 : 0), `The version in ${name}`);
  expectEqual(
    balance.posted,
    (before?.balance.posted ?? 0n) + (change?.posted ?? 0n),
    `The posted balance in ${name}`,
  );
  expectEqual(
    balance.held,
    (before?.balance.held ?? 0n) + (change?.held ?? 0n),
    `The held balance in ${name}`,
  );
  if (before)
    expectEqual(event.occurredAt >= before.occurredAt, true, `Whether ${name} is not before its last one`);
  return { balance, occurredAt: event.occurredAt, status: userStatus ?? before?.status ?? '' };
}
