import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { databases, type TestDatabase } from '../support/databases.js';
import {
  type Chance,
  chanceOf,
  garbage,
  mutateRequest,
  type Seed,
  type WildRequest,
  wildFrame,
  wildRequest,
} from '../support/fuzz.js';
import { OWN, reads, streams, writes } from '../support/fuzz-documents.js';
import { copyProgram, type Program, type ServerProcess, until } from '../support/processes.js';
import { openRaw } from '../support/raw-socket.js';

const tokens = {
  JWT_SECRET: 'a secret of thirty-two bytes or more',
  JWT_ISSUER: 'https://login.example.com',
  JWT_AUDIENCE: 'dompet',
};

const SEED = 20_260_310;
/** How many of each kind a database gets; 10,000 in all. */
const WARM_UP = 1_500;
const DOCUMENTS = 4_500;
const WILD = 900;
const SOCKETS = 200;
const FRAMES_PER_SOCKET = 15;
const BYTE_STREAMS = 100;
const WORKERS = 16;
const GROWTH_MAX_MIB = 200;
const OTHER = 'other-user';
/** Stands wherever the other user has words. */
const MARKER = 'zzmarkerzz';

describe.each(databases)('10,000 malformed documents, requests and frames on $name', (kind) => {
  const agent = new Agent({ keepAlive: true, maxSockets: WORKERS });
  /** What must not be, with what it was an answer to. */
  const found: unknown[] = [];
  let database: TestDatabase;
  let program: Program;
  let server: ServerProcess;
  let credentials: Readonly<Record<string, string>>;
  let sent = 0;
  // Each database gets others.
  const firstSeed = SEED + 1_000_000 * databases.indexOf(kind);

  beforeAll(async () => {
    database = await kind.create();
    program = await copyProgram();
    server = await program.start(database, {
      SEED_DEMO_DATA: 'true',
      RATE_LIMIT_DISABLED: 'true',
      ...tokens,
    });
    // A customer asks for half of the time about somebody else, whose data no answer may hold.
    const token = await new SignJWT({ sub: OWN })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(tokens.JWT_ISSUER)
      .setAudience(tokens.JWT_AUDIENCE)
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(tokens.JWT_SECRET));
    credentials = { authorization: `Bearer ${token}` };
    const other = `mutation { createUser(input: { id: "${OTHER}", email: "${MARKER}@example.com", fullName: "${MARKER}",
      currency: "MYR" }) { userErrors { code } } createTransaction(input: { userId: "${OTHER}", type: TOP_UP,
      amount: { amount: "1.00", currency: "MYR" }, metadata: { text: "${MARKER}" }, idempotencyKey: "${MARKER}" }) { userErrors { code } } }`;
    expect((await server.request(other)).data).toEqual({
      createUser: { userErrors: [] },
      createTransaction: { userErrors: [] },
    });
  });
  afterAll(async () => {
    agent.destroy();
    await program.dispose();
    await database.drop();
  });

  const residentMiB = async () => {
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  };

  const look = (answer: string, cause: { readonly asked: unknown }) => {
    if (answer.includes(MARKER) || /INTERNAL_SERVER_ERROR|node_modules|\.js:\d+/.test(answer))
      found.push({ answer, ...cause });
  };

  const send = async ({ method, path, headers, body }: WildRequest) => {
    sent += 1;
    const asked = httpRequest(`${server.url}`, {
      // Only a POST tells how long its body is: what follows another request is no part of it, and ends the connection.
      agent: method === 'POST' ? agent : false,
      method,
      path,
      headers: { ...credentials, ...headers },
    });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const answer = await textOf(response);
    const status = response.statusCode ?? 0;
    const isUncoded = status >= 400 && !/^(HEAD|OPTIONS)$/.test(method) && !answer.includes('"requestId"');
    const wrong = status >= 500 || !response.headers['x-request-id'] || isUncoded;
    if (wrong) found.push({ status, answer, method, path, headers, body });
    look(answer, { asked: { method, path, headers, body: String(body) } });
  };

  /** What is asked about the customer, or as often about the other. */
  const requestOf = (chance: Chance, seed: Seed): string => {
    const text = JSON.stringify(mutateRequest(chance, seed));
    return chance.below(2) === 0 ? text.replaceAll(OWN, OTHER) : text;
  };

  const sendDocument = (chance: Chance) => {
    const seed = chance.pick(chance.below(4) === 0 ? writes : reads);
    const body = requestOf(chance, seed);
    return send({ method: 'POST', path: '/graphql', headers: { 'content-type': 'application/json' }, body });
  };

  /** One socket: an introduction, right frames with wrong payloads, a wrong frame, and a ping that shows what became of it. */
  const useSocket = async (chance: Chance) => {
    await using raw = await openRaw(server.url);
    const asked: unknown[] = [];
    const say = (message: object | string | Buffer) => {
      asked.push(message);
      raw.say(message);
    };
    raw.say({ type: 'connection_init', payload: credentials });
    await raw.untilHeard('connection_ack');
    for (let index = 1; index < FRAMES_PER_SOCKET; index += 1) {
      const seed = chance.pick(chance.below(5) === 0 ? reads : streams);
      say(`{"id":"${chance.below(2_000)}","type":"subscribe","payload":${requestOf(chance, seed)}}`);
    }
    say({ type: 'ping', payload: {} });
    /** What was said is answered when the ping behind it is, or when the socket is closed. */
    const untilAnswered = (pings: number) =>
      until(
        () =>
          raw.socket.readyState === raw.socket.CLOSED ||
          raw.heard.filter(({ type }) => type === 'pong').length >= pings,
        'an answer',
      );
    await untilAnswered(1);
    if (raw.socket.readyState === raw.socket.OPEN) {
      say(wildFrame(chance, chance.pick(streams)));
      say({ type: 'ping' });
      await untilAnswered(2);
    }
    sent += FRAMES_PER_SOCKET;
    if (raw.socket.readyState !== raw.socket.OPEN) {
      const [code] = await raw.closed;
      if (![4400, 4401, 4403, 4409, 4429, 1007, 1009].includes(code)) found.push({ code, asked });
    }
    look(JSON.stringify(raw.heard), { asked });
  };

  /** A socket of WebSocket by name, over which come bytes that are no frames. */
  const sendBytes = async (chance: Chance) => {
    sent += 1;
    const asked = httpRequest(`${server.url}/graphql`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
        'sec-websocket-protocol': 'graphql-transport-ws',
      },
    });
    asked.end();
    const [, socket] = (await once(asked, 'upgrade')) as [IncomingMessage, Socket];
    socket.on('error', () => undefined).resume();
    socket.end(garbage(chance));
    if (!socket.destroyed) await once(socket, 'close');
  };

  /** Does something so many times, a few at a time; each time by a chance of its own, so that it can be done again alone. */
  const repeat = async (count: number, offset: number, act: (chance: Chance) => Promise<unknown>) => {
    let next = 0;
    const work = async () => {
      for (let index = next++; index < count; index = next++) await act(chanceOf(firstSeed + offset + index));
    };
    await Promise.all(Array.from({ length: WORKERS }, work));
  };

  it('leave the process up and small, and are answered without a fault or another’s data', async () => {
    await repeat(WARM_UP, 0, sendDocument);
    const before = await residentMiB();
    await repeat(DOCUMENTS, 100_000, sendDocument);
    await repeat(WILD, 200_000, (chance) => send(wildRequest(chance, chance.pick([...reads, ...writes]))));
    await repeat(SOCKETS, 300_000, useSocket);
    await repeat(BYTE_STREAMS, 400_000, sendBytes);
    expect(server.faults()).toEqual([]);
    expect(found).toEqual([]);
    expect(sent).toBe(10_000);
    expect((await residentMiB()) - before).toBeLessThan(GROWTH_MAX_MIB);
    const { data } = await server.request(
      `{ user(id: "${OTHER}") { fullName balance { available { amount } } } }`,
    );
    expect(data.user).toEqual({ fullName: MARKER, balance: { available: { amount: '1.00' } } });
  }, 240_000);
});
