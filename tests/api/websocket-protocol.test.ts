import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '../../src/log.js';
import { FakeClock, NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { INIT, openRaw } from '../support/raw-socket.js';

const sqlite = databases[0] as (typeof databases)[number];
const WATCH = 'subscription { balanceUpdated(userId: "user-001") { delivery } }';
const subscribe = (id: string, query = WATCH) => ({ id, type: 'subscribe', payload: { query } });

describe('the faults of the graphql-transport-ws protocol', () => {
  let test: TestApp;
  let lines: string[] = [];
  beforeAll(async () => {
    const log = createLogger('info', { write: (line: string) => void lines.push(line) });
    test = await startApp(
      sqlite,
      { SEED_DEMO_DATA: 'true', WEBSOCKET_MESSAGE_BYTES_MAX: '102400' },
      new FakeClock(NOON),
      { log },
    );
  });
  beforeEach(() => {
    lines = [];
  });
  afterAll(async () => {
    // After all of it the server still serves, and none of it was a fault of its own.
    await using other = await openRaw(test.app.url);
    other.say(INIT);
    await other.untilHeard('connection_ack');
    other.say(subscribe('1'));
    expect((await other.untilHeard('next')).payload.data).toEqual({
      balanceUpdated: { delivery: 'SNAPSHOT' },
    });
    await test.close();
  });

  const initialised = async () => {
    const raw = await openRaw(test.app.url);
    raw.say(INIT);
    await raw.untilHeard('connection_ack');
    return raw;
  };
  const isNoFault = () => expect(lines.filter((line) => line.includes('"fault"'))).toEqual([]);

  it('close a socket that introduces itself twice with 4429', async () => {
    await using raw = await initialised();
    raw.say(INIT);
    expect(await raw.closed).toEqual([4429, 'Too many initialisation requests']);
  });

  it('close a socket that introduces itself twice at once with 4429', async () => {
    await using raw = await openRaw(test.app.url);
    raw.say(INIT);
    raw.say(INIT);
    expect((await raw.closed)[0]).toBe(4429);
  });

  it('close a socket that does not introduce itself in time with 4408', async () => {
    await using impatient = await startApp(sqlite, { WEBSOCKET_INIT_TIMEOUT: '10' });
    await using raw = await openRaw(impatient.app.url);
    expect(await raw.closed).toEqual([4408, 'Connection initialisation timeout']);
  });

  it.each([
    ['no key', {}],
    ['a wrong key', { 'X-API-Key': 'wrong-key' }],
    ['a key that is no text', { 'X-API-Key': ['dev-api-key'] }],
    ['no parameters', undefined],
  ])('close a socket with %s with 4403', async (_title, payload) => {
    await using raw = await openRaw(test.app.url);
    raw.say({ type: 'connection_init', payload });
    expect(await raw.closed).toEqual([4403, 'Send a valid key in the header X-API-Key.']);
    expect(raw.heard).toEqual([]);
  });

  it('close a socket that subscribes before it is acknowledged with 4401', async () => {
    await using raw = await openRaw(test.app.url);
    raw.say(subscribe('1'));
    expect(await raw.closed).toEqual([4401, 'Unauthorized']);
  });

  it('hear nothing that a refused socket said before it knew', async () => {
    await using raw = await openRaw(test.app.url);
    for (const message of [subscribe('1'), INIT, subscribe('2')]) raw.say(message);
    expect([(await raw.closed)[0], raw.heard]).toEqual([4401, []]);
  });

  it.each(['a', 'x'.repeat(124), '🦜'.repeat(40), '__proto__', '\ud800'])(
    'close a socket that uses the id %j twice at a time with 4409',
    async (id) => {
      await using raw = await initialised();
      raw.say(subscribe(id));
      raw.say(subscribe(id));
      expect((await raw.closed)[0]).toBe(4409);
      isNoFault();
    },
  );

  it.each<[string, object | string | Buffer]>([
    ['no JSON', 'hello'],
    ['nothing', ''],
    ['a number', '5'],
    ['null', 'null'],
    ['a list', [INIT]],
    ['an object without a type', { payload: {} }],
    ['a type that is no text', { type: 5 }],
    ['an unknown type', { type: 'hello' }],
    ['the type __proto__', '{"type":"__proto__"}'],
    ['a type of the older protocol', { type: 'start', id: '1', payload: { query: WATCH } }],
    ['parameters that are no object', { type: 'connection_init', payload: 'dev-api-key' }],
    ['a subscription without an id', { type: 'subscribe', payload: { query: WATCH } }],
    ['a subscription with an id that is no text', { ...subscribe('1'), id: 1 }],
    ['a subscription with an empty id', subscribe('')],
    ['a subscription without a payload', { id: '1', type: 'subscribe' }],
    ['a query that is no text', { id: '1', type: 'subscribe', payload: { query: { kind: 'Document' } } }],
    [
      'variables that are no object',
      { id: '1', type: 'subscribe', payload: { query: WATCH, variables: [1] } },
    ],
    ['a list of operations', { id: '1', type: 'subscribe', payload: [{ query: WATCH }] }],
    ['an acknowledgement', { type: 'connection_ack' }],
    ['a result', { id: '1', type: 'next', payload: { data: {} } }],
    ['an error', { id: '1', type: 'error', payload: [{ message: 'x' }] }],
    ['a completion without an id', { type: 'complete' }],
    ['a ping whose payload is no object', { type: 'ping', payload: 'x' }],
    ['a binary frame of a right message', Buffer.from(JSON.stringify(subscribe('1')))],
    ['a binary frame of nothing', Buffer.alloc(0)],
  ])('close a socket that sends %s with 4400', async (_title, message) => {
    for (const open of [() => openRaw(test.app.url), initialised]) {
      await using raw = await open();
      raw.say(message);
      expect((await raw.closed)[0]).toBe(4400);
      expect(raw.heard.filter(({ type }) => type !== 'connection_ack')).toEqual([]);
    }
    isNoFault();
  });

  it('close a socket that sends what is no UTF-8 with 1007', async () => {
    await using raw = await initialised();
    raw.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect((await raw.closed)[0]).toBe(1007);
    isNoFault();
  });

  it('answer a ping, and take a pong and a completion of what is not there', async () => {
    await using raw = await initialised();
    for (const message of [{ type: 'pong' }, { id: 'x', type: 'complete' }, { type: 'ping' }])
      raw.say(message);
    expect(await raw.untilHeard('pong')).toEqual({ type: 'pong' });
    expect(raw.socket.readyState).toBe(raw.socket.OPEN);
  });

  it('keep nothing of variables that the document does not declare, however deep', async () => {
    await using raw = await initialised();
    const deep = `${'['.repeat(40_000)}${']'.repeat(40_000)}`;
    raw.say(
      `{"id":"1","type":"subscribe","payload":{"query":${JSON.stringify(WATCH)},"variables":{"x":${deep}}}}`,
    );
    expect((await raw.untilHeard('next')).payload.data.balanceUpdated).toEqual({ delivery: 'SNAPSHOT' });
    isNoFault();
  });

  it('close a socket that asks for no protocol with 4406', async () => {
    await using raw = await openRaw(test.app.url, []);
    expect(await raw.closed).toEqual([4406, 'Subprotocol not acceptable']);
  });

  /** Asks for a socket by hand; what comes is an upgraded socket or an answer. */
  const upgrade = async (path: string, headers: Record<string, string> = {}) => {
    const { hostname, port } = new URL(test.app.url);
    const asked = httpRequest({
      hostname,
      port,
      path,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
        ...headers,
      },
    });
    asked.end();
    const [answer, socket, first] = (await Promise.race([
      once(asked, 'upgrade'),
      once(asked, 'response'),
    ])) as [IncomingMessage, Socket?, Buffer?];
    answer.resume();
    return { status: answer.statusCode, protocol: answer.headers['sec-websocket-protocol'], socket, first };
  };

  it.each(['graphql-ws', 'graphql-transport-ws2', 'soap', 'GRAPHQL-TRANSPORT-WS'])(
    'close a socket that asks only for the protocol %s with 4406',
    async (protocol) => {
      const { status, socket, first, ...told } = await upgrade('/graphql', {
        'sec-websocket-protocol': protocol,
      });
      expect([status, told.protocol]).toEqual([101, undefined]);
      const frame = first?.length ? first : ((await once(socket as Socket, 'data'))[0] as Buffer);
      // A close frame: its length, and then the code.
      expect([frame[0], frame.readUInt16BE(2)]).toEqual([0x88, 4406]);
      socket?.destroy();
    },
  );

  it('take the protocol that they know when several are offered', async () => {
    const { protocol, socket } = await upgrade('/graphql', {
      'sec-websocket-protocol': 'graphql-ws, graphql-transport-ws',
    });
    expect(protocol).toBe('graphql-transport-ws');
    socket?.destroy();
  });

  it.each([
    ['another path', '/', {}, 400],
    ['the path of health', '/health', {}, 400],
    ['a path below', '/graphql/x', {}, 400],
    ['a path that cannot be decoded', '/%E0%A4%A', {}, 400],
    ['a page of another origin', '/graphql', { origin: 'https://evil.example' }, 403],
    ['another kind of upgrade', '/graphql', { upgrade: 'h2c' }, 400],
    ['a key of the wrong length', '/graphql', { 'sec-websocket-key': 'x' }, 400],
    ['an unknown version', '/graphql', { 'sec-websocket-version': '99' }, 400],
  ])('refuse to upgrade %s at once', async (_title, path, headers, status) => {
    const answer = await upgrade(path, headers as Record<string, string>);
    expect([answer.status, answer.socket]).toEqual([status, undefined]);
  });
});
