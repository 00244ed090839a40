import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { DEVELOPMENT_KEY } from '../../src/config.js';
import { type HttpAnswer, post, request, webSocketUrl } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const sqlite = databases[0] as (typeof databases)[number];
const RATES = JSON.stringify({ query: '{ exchangeRates { rate } }' });
const KEY = 'a-secret-of-production';
const LISTED = 'https://app.example.com';
const PRODUCTION = { NODE_ENV: 'production', HOST: '127.0.0.1', API_KEY: KEY };
const HSTS = 'max-age=31536000';

const startProduction = (environment: Record<string, string> = {}) =>
  startApp(sqlite, { ...PRODUCTION, ...environment });
const hsts = ({ headers }: HttpAnswer) => headers.get('strict-transport-security');

describe('what browsers are told', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startProduction({ CORS_ORIGINS: LISTED });
  });
  afterAll(() => test.close());

  it.each([
    ['an answer', () => post(test, RATES, { 'x-api-key': KEY })],
    ['a refusal', () => post(test, RATES, { 'x-api-key': 'wrong' })],
    ['malformed JSON', () => post(test, '{', { 'x-api-key': KEY })],
    ['nothing there', () => request(test, '/nothing')],
    ['health', () => request(test, '/health')],
  ])('in production, of %s: that it is no page', async (_title, ask) => {
    const { headers } = await ask();
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it('in development: what Sandbox loads, and nothing else', async () => {
    await using development = await startApp(sqlite);
    const { headers, text } = await request(development, '/graphql', { headers: { accept: 'text/html' } });
    const policy = Object.fromEntries(
      (headers.get('content-security-policy') ?? '').split(';').map((directive) => {
        const [name = '', ...sources] = directive.split(' ');
        return [name, sources];
      }),
    );
    expect(policy).toMatchObject({
      'default-src': ["'self'"],
      'frame-ancestors': ["'none'"],
      'connect-src': ["'self'", 'ws:', 'wss:'],
      'frame-src': ['https://sandbox.embed.apollographql.com'],
    });
    const loaded = [...text.matchAll(/<script[^>]* src="(https:\/\/[^/"]+)/g)].map(([, origin]) => origin);
    expect(loaded).toEqual(['https://embeddable-sandbox.cdn.apollographql.com']);
    for (const origin of loaded) expect(policy['script-src']).toContain(origin);
    const styles = [...text.matchAll(/<link\s+href="(https:\/\/[^/"]+)/g)].map(([, origin]) => origin);
    for (const origin of styles) expect(policy['style-src']).toContain(origin);
  });

  const preflight = (origin: string) =>
    request(test, '/graphql', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-api-key',
      },
    });

  it('lets a page of a listed origin ask, and read the answer', async () => {
    const { status, headers } = await preflight(LISTED);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, LISTED]);
    expect(headers.get('access-control-allow-methods')).toBe('GET, POST');
    expect(headers.get('access-control-allow-headers')).toBe('content-type,x-api-key');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    const answer = await post(test, RATES, { 'x-api-key': KEY, origin: LISTED });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, LISTED]);
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-request-id');
    expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/i);
  });

  it.each([
    'https://evil.example',
    'http://app.example.com',
    `${LISTED}.evil.example`,
    `${LISTED}:444`,
    'null',
  ])('lets no page of %s ask', async (origin) => {
    for (const { headers } of [
      await preflight(origin),
      await post(test, RATES, { 'x-api-key': KEY, origin }),
    ]) {
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('lets no page of another origin ask when none is listed', async () => {
    await using strict = await startProduction();
    const { headers } = await post(strict, RATES, { 'x-api-key': KEY, origin: LISTED });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each([
    ['a form', 'application/x-www-form-urlencoded', 415],
    ['a form with files', 'multipart/form-data; boundary=x', 415],
    ['plain text', 'text/plain', 400],
  ])('refuses what a page may send without asking: %s', async (_title, type, status) => {
    expect((await post(test, RATES, { 'x-api-key': KEY, 'content-type': type })).status).toBe(status);
  });

  const opened = async (headers: Record<string, string>): Promise<number> => {
    const socket = new WebSocket(webSocketUrl(test), 'graphql-transport-ws', { headers });
    const [response] = await Promise.race([
      once(socket, 'open').then(() => [{ statusCode: 101 }]),
      once(socket, 'unexpected-response').then(([, answer]) => [answer]),
    ]);
    socket.on('error', () => undefined).terminate();
    return response.statusCode;
  };

  it('lets pages of its own and of listed origins open a socket, and programs, which have none', async () => {
    expect(await opened({})).toBe(101);
    expect(await opened({ origin: LISTED })).toBe(101);
    expect(await opened({ origin: test.app.url })).toBe(101);
    expect(await opened({ origin: 'https://wallet.example', host: 'wallet.example' })).toBe(101);
  });

  it.each(['https://evil.example', 'null', '', 'http://127.0.0.1:1', `${LISTED}.evil.example`, 'file://'])(
    'answers 403 to a page of %j that wants to open a socket',
    async (origin) => {
      expect(await opened({ origin })).toBe(403);
    },
  );
});

describe('TLS in front of the server', () => {
  const https = { 'x-api-key': KEY, 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' };

  it('is believed of nobody by default', async () => {
    await using test = await startProduction();
    expect(hsts(await post(test, RATES, https))).toBeNull();
  });

  it('is believed of a listed proxy', async () => {
    await using test = await startProduction({ TRUST_PROXY: '10.0.0.0/8,127.0.0.1' });
    expect(hsts(await post(test, RATES, https))).toBe(HSTS);
    expect(hsts(await post(test, RATES, { ...https, 'x-forwarded-proto': 'http' }))).toBeNull();
    expect(hsts(await post(test, RATES, { 'x-api-key': KEY }))).toBeNull();
  });

  it('is not believed of a proxy that is not listed', async () => {
    await using test = await startProduction({ TRUST_PROXY: '10.0.0.0/8' });
    expect(hsts(await post(test, RATES, https))).toBeNull();
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['garbage', 'garbage\r\n\r\n', 400],
    ['a header too large', `GET /graphql HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['a length that is none', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n', 400],
    [
      'two ways to end a body',
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
  ])('is answered by a coded error and hung up on: %s', async (_title, sent, status) => {
    await using test = await startApp(sqlite);
    const { hostname, port } = new URL(test.app.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.write(sent);
    await once(socket, 'close');
    const [head = '', body = ''] = text.split('\r\n\r\n');
    const requestId = /x-request-id: (\S+)/.exec(head)?.[1];
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(JSON.parse(body)).toEqual({
      errors: [
        {
          message: 'This is no HTTP request that can be read.',
          extensions: { code: 'BAD_REQUEST', retryable: false, requestId },
        },
      ],
    });
    expect((await post(test, RATES, { 'x-api-key': DEVELOPMENT_KEY })).status).toBe(200);
  });
});
