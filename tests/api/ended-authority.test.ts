import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { type Calls, callsOf } from '../support/api.js';
import { keyWith, mutateKeys } from '../support/api-keys.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { bearer, type Headers, tokenEnvironment, withKey } from '../support/principals.js';

describe.each(databases)('a stream whose authority ends on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  beforeAll(async () => {
    test = await startApp(kind, { ...tokenEnvironment, ACCESS_CHECK_INTERVAL: '50' });
    call = callsOf(test);
  });
  afterAll(() => test.close());

  /** Follows a wallet, and tells how the socket was closed and what came before. */
  async function follow(connectionParams: Headers, userId: string) {
    const versions: number[] = [];
    let socket: WebSocket | undefined;
    class Socket extends WebSocket {
      constructor(address: string, protocols: string | string[]) {
        super(address, protocols);
        socket = this;
      }
    }
    const client = createClient({
      url: `${test.app.url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: Socket,
      connectionParams,
      retryAttempts: 0,
    });
    const query = `subscription { balanceUpdated(userId: "${userId}") { balance { version } } }`;
    const begun = new Promise<void>((resolve) => {
      client.subscribe<{ balanceUpdated: { balance: { version: number } } }>(
        { query },
        {
          next: ({ data }) => {
            versions.push(data?.balanceUpdated.balance.version ?? -1);
            resolve();
          },
          error: () => undefined,
          complete: () => undefined,
        },
      );
    });
    await begun;
    const closed = once(socket as WebSocket, 'close').then(([code, reason]) => [code, String(reason)]);
    return { versions, closed, isOpen: () => socket?.readyState === WebSocket.OPEN };
  }

  const ENDED = [4403, 'Your authority has ended.'];

  it('is closed when its key is revoked, and others are not', async () => {
    const userId = await call.newUser();
    const { key, id } = await keyWith(test, ['USERS_READ']);
    const one = await follow(withKey(key), userId);
    const other = await follow(withKey(), userId);
    await mutateKeys(test, 'revokeApiKey', { id });
    expect(await one.closed).toEqual(ENDED);
    expect(other.isOpen()).toBe(true);
  });

  it('is closed when another server revokes its key', async () => {
    const beside = await test.startBeside();
    const userId = await call.newUser();
    const { key, id } = await keyWith(test, ['USERS_READ']);
    const one = await follow(withKey(key), userId);
    await mutateKeys(beside, 'revokeApiKey', { id });
    expect(await one.closed).toEqual(ENDED);
    await beside.app.close();
  });

  it('outlives the rotation of its key, but not the end of the overlap', async () => {
    const userId = await call.newUser();
    const { key, id } = await keyWith(test, ['USERS_READ']);
    const one = await follow(withKey(key), userId);
    await mutateKeys(test, 'rotateApiKey', { id, overlapHours: 1 });
    await call.topUp(userId, '1.00 MYR');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([one.isOpen(), one.versions]).toEqual([true, [0, 1]]);
    test.clock.advance(3_600_000);
    expect(await one.closed).toEqual(ENDED);
  });

  it('is closed when its token expires', async () => {
    const userId = await call.newUser();
    const one = await follow(await bearer(test, { sub: userId }), userId);
    // An hour, and the half minute by which clocks may differ.
    test.clock.advance(3_630_000);
    expect(await one.closed).toEqual(ENDED);
  });

  it.each(['SUSPENDED', 'CLOSED'])(
    'is closed when its customer is %s, while an analyst’s goes on',
    async (status) => {
      const userId = await call.newUser();
      const one = await follow(await bearer(test, { sub: userId }), userId);
      const analyst = await follow(await bearer(test, { sub: 'siti', roles: 'ANALYST' }), userId);
      await call.setStatus(userId, status);
      expect(await one.closed).toEqual(ENDED);
      expect(analyst.isOpen()).toBe(true);
    },
  );
});
