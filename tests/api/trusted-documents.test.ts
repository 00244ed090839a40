import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEVELOPMENT_KEY } from '../../src/config.js';
import { type HttpAnswer, post, request, snapshot, type Told } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { INIT, openRaw } from '../support/raw-socket.js';

const sqlite = databases[0] as (typeof databases)[number];
const RATES = 'query Rates { exchangeRates { rate } }';
const WATCH = 'subscription Watch { balanceUpdated(userId: "user-001") { delivery } }';
const TOP_UP = `mutation TopUp($key: String!) { createTransaction(input: { userId: "user-001", type: TOP_UP,
  amount: { amount: "1.00", currency: "MYR" }, idempotencyKey: $key }) { transaction { status } } }`;
const listed = [RATES, WATCH, TOP_UP];

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const persisted = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: hashOf(text) } });
const plain = (texts: readonly string[]) => Object.fromEntries(texts.map((text) => [hashOf(text), text]));
const apollo = (texts: readonly string[]) => ({
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations: texts.map((body) => ({ id: hashOf(body), name: 'X', type: 'query', body })),
});

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dompet-documents-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const fileOf = async (content: unknown): Promise<string> => {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const path = join(directory, `${hashOf(text).slice(0, 16)}.json`);
  await writeFile(path, text);
  return path;
};
const startWith = async (content: unknown): Promise<TestApp> =>
  startApp(sqlite, { SEED_DEMO_DATA: 'true', TRUSTED_DOCUMENTS: await fileOf(content) });

const ask = (test: TestApp, body: object) => post(test, JSON.stringify(body));
const codeOf = ({ status, json }: HttpAnswer) => [
  status,
  Object.keys(json),
  json.errors?.[0].extensions.code,
];
const UNTRUSTED = [400, ['errors'], 'UNTRUSTED_DOCUMENT'];

describe.each([
  ['by their hashes', plain(listed)],
  ['as a manifest', apollo(listed)],
])('a server with a list of documents %s', (_title, content) => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startWith(content);
  });
  afterAll(() => test.close());

  const askOverWebSocket = async (payload: object): Promise<Told> => {
    await using raw = await openRaw(test.app.url);
    raw.say(INIT);
    await raw.untilHeard('connection_ack');
    raw.say({ id: '1', type: 'subscribe', payload });
    return await raw.untilHeard('error', 'next');
  };

  it('runs a listed one, asked for by its text, its hash or both', async () => {
    for (const body of [
      { query: RATES },
      { extensions: persisted(RATES) },
      { query: RATES, extensions: persisted(RATES) },
      { query: null, extensions: persisted(RATES) },
    ]) {
      const { status, json } = await ask(test, body);
      expect([status, json.data?.exchangeRates.length]).toEqual([200, 3]);
    }
    const search = `extensions=${encodeURIComponent(JSON.stringify(persisted(RATES)))}`;
    const headers = { 'x-api-key': DEVELOPMENT_KEY, 'apollo-require-preflight': 'true' };
    expect((await request(test, `/graphql?${search}`, { headers })).status).toBe(200);
  });

  it('runs a listed mutation with the variables that are sent', async () => {
    const { json } = await ask(test, { extensions: persisted(TOP_UP), variables: { key: 'trusted-1' } });
    expect(json.data).toEqual({ createTransaction: { transaction: { status: 'COMPLETED' } } });
    const headers = { 'x-api-key': DEVELOPMENT_KEY, 'apollo-require-preflight': 'true' };
    const search = `extensions=${encodeURIComponent(JSON.stringify(persisted(TOP_UP)))}&variables={"key":"trusted-2"}`;
    expect((await request(test, `/graphql?${search}`, { headers })).status).toBe(405);
  });

  it.each<[string, object]>([
    ['a text', { query: '{ exchangeRates { rate } }' }],
    ['a listed text with a space more', { query: `${RATES} ` }],
    ['a hash', { extensions: persisted('{ exchangeRates { rate } }') }],
    [
      'a text with the hash of a listed one',
      { query: '{ exchangeRates { rate } }', extensions: persisted(RATES) },
    ],
    ['a registration', { query: '{ __typename }', extensions: persisted('{ __typename }') }],
    ['a mutation', { query: TOP_UP.replace('1.00', '9.00'), variables: { key: 'untrusted' } }],
    ['an introspection', { query: '{ __schema { types { name } } }' }],
    ['what is no document', { query: '{{{' }],
    ['an operation name', { query: '{ __typename }', operationName: 'Rates' }],
    ['nothing', { variables: {} }],
    ['a hash that is none', { extensions: { persistedQuery: { version: 1, sha256Hash: 5 } } }],
    [
      'a hash that an object has',
      { extensions: { persistedQuery: { version: 1, sha256Hash: 'constructor' } } },
    ],
    ['no hash', { extensions: { persistedQuery: null } }],
  ])('refuses what is not listed, and nothing runs: %s', async (_case, body) => {
    const before = await snapshot(test);
    const registered = await ask(test, body);
    expect(codeOf(registered)).toEqual(UNTRUSTED);
    expect(registered.json.errors[0].message).toBe(
      'Only listed documents may run here, and this is none of them.',
    );
    expect(codeOf(await ask(test, body))).toEqual(UNTRUSTED);
    expect(await snapshot(test)).toEqual(before);
  });

  it('does the same over WebSocket', async () => {
    for (const payload of [
      { query: WATCH },
      { query: '', extensions: persisted(WATCH) },
      { query: WATCH, extensions: persisted(WATCH) },
    ]) {
      expect((await askOverWebSocket(payload)).payload.data).toEqual({
        balanceUpdated: { delivery: 'SNAPSHOT' },
      });
    }
    for (const payload of [
      { query: `${WATCH} ` },
      { query: '', extensions: persisted(`${WATCH} `) },
      { query: '' },
      { query: '{{{', extensions: persisted(WATCH) },
    ]) {
      const { type, payload: errors } = await askOverWebSocket(payload);
      expect([type, errors[0].extensions]).toEqual([
        'error',
        { code: 'UNTRUSTED_DOCUMENT', retryable: false, requestId: expect.stringMatching(/\S/) },
      ]);
    }
    expect((await askOverWebSocket({ query: RATES })).payload[0].extensions.code).toBe('BAD_REQUEST');
  });

  it('asks for a key first', async () => {
    const answer = await post(test, JSON.stringify({ query: RATES }), { 'x-api-key': 'wrong' });
    expect(codeOf(answer)).toEqual([401, ['errors'], 'UNAUTHENTICATED']);
  });
});

describe('a server without a list of documents', () => {
  it('takes no registrations', async () => {
    await using test = await startApp(sqlite);
    for (const body of [{ query: RATES, extensions: persisted(RATES) }, { extensions: persisted(RATES) }]) {
      expect(codeOf(await ask(test, body))[2]).toBe('PERSISTED_QUERY_NOT_SUPPORTED');
    }
    expect((await ask(test, { query: RATES })).status).toBe(200);
  });
});

describe('a wrong list of documents stops the start, and the setting is named', () => {
  const wrong = 'f'.repeat(64);
  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'which cannot be read'],
    ['a list', [RATES], 'which is no list of documents by their SHA-256'],
    ['keys that are no hashes', { Rates: RATES }, 'which is no list of documents by their SHA-256'],
    [
      'another manifest',
      { ...apollo([RATES]), version: 2 },
      'which is no list of documents by their SHA-256',
    ],
    ['a wrong hash', { [wrong]: RATES }, `where ${wrong} is not the SHA-256 of its document`],
    ['a malformed document', plain(['{']), `where the document ${hashOf('{')} is invalid: Syntax Error: `],
    [
      'a document of another schema',
      plain(['{ nonsense }']),
      `where the document ${hashOf('{ nonsense }')} is invalid: Cannot query field "nonsense" on type "Query".`,
    ],
  ])('%s', async (_title, content, problem) => {
    const path = await fileOf(content);
    await expect(startApp(sqlite, { TRUSTED_DOCUMENTS: path })).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining(`TRUSTED_DOCUMENTS names the file ${path}, ${problem}`),
    });
  });

  it('a file that is not there', async () => {
    const path = join(directory, 'missing.json');
    await expect(startApp(sqlite, { TRUSTED_DOCUMENTS: path })).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(
        /^TRUSTED_DOCUMENTS names the file .*missing\.json, which cannot be read: ENOENT/,
      ),
    });
  });
});
