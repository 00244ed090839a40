import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { DEVELOPMENT_KEY } from '../../src/config.js';
import { Event, EventLogHead, HEAD_ID } from '../../src/events/event.js';
import { Hub } from '../../src/events/hub.js';
import { Posting } from '../../src/ledger/posting.js';
import { Transaction } from '../../src/ledger/transaction.js';
import { User } from '../../src/ledger/user.js';
import type { Answer, TestApp } from './app.js';

/** Whatever shape a document asked for. */
export type Told = Answer['data'];

const MONEY = '{ amount currency }';

/** All that a transaction tells of itself, its wallet included. */
export const TRANSACTION = `id type status amount ${MONEY} walletAmount ${MONEY} exchangeRate merchantName merchantCategory
  metadata fraudScore fraudFlags fraud { score level hits { flag points reason observed threshold } }
  failure { code message } originalTransaction { id } refunds { id } refundedAmount ${MONEY} refundableAmount ${MONEY}
  review { decision note reviewer decidedAt } reversal { reason reversedBy reversedAt } reason idempotencyKey
  createdAt updatedAt user { id balance { posted { amount } held { amount } available { amount } version } }`;

export const USER_ERRORS = `userErrors { __typename code message path
  ... on NotFoundError { id } ... on UserStatusError { status }
  ... on InsufficientBalanceError { available ${MONEY} required ${MONEY} }
  ... on LimitError { limit ${MONEY} used ${MONEY} remaining ${MONEY} }
  ... on RefundError { refundable ${MONEY} } ... on StatusTransitionError { current allowed }
  ... on IdempotencyError { transactionId firstSeenAt } }`;

export const USER = 'id email fullName currency timeZone status createdAt updatedAt';

const mutations = {
  createUser: ['CreateUserInput', `user { ${USER} }`],
  changeUserStatus: ['ChangeUserStatusInput', `user { ${USER} }`],
  createTransaction: ['CreateTransactionInput', `transaction { ${TRANSACTION} } replayed`],
  refund: ['RefundInput', `transaction { ${TRANSACTION} } replayed`],
  reviewTransaction: ['ReviewTransactionInput', `transaction { ${TRANSACTION} }`],
  reverseTransaction: ['ReverseTransactionInput', `transaction { ${TRANSACTION} } replayed`],
} as const;

export type MutationName = keyof typeof mutations;

/** The document that asks for one mutation and for all that it answers. */
export function mutationOf(name: MutationName): string {
  const [type, selection] = mutations[name];
  return `mutation($input: ${type}!) { ${name}(input: $input) { ${selection} ${USER_ERRORS} } }`;
}

/** `45.50 MYR` as the API takes it. */
export function money(text: string): { readonly amount: string; readonly currency: string } {
  const [amount = '', currency = ''] = text.split(' ');
  return { amount, currency };
}

type Fields = Readonly<Record<string, unknown>>;

export interface NewUser extends Fields {
  readonly currency?: string;
  readonly timeZone?: string;
  /** A first top-up, as `1000.00`, in the wallet's currency. */
  readonly funds?: string;
}

let serial = 0;

/** A text that no other call of this run gets. */
export function unique(prefix: string): string {
  serial += 1;
  return `${prefix}-${serial}`;
}

/** What tests ask of a server, in words. A top-level error ends the test; refusals are there to be looked at. */
export function callsOf(test: TestApp) {
  const mutate = async (name: MutationName, input: Fields): Promise<Told> => {
    const { data, errors } = await test.graphql(mutationOf(name), { input });
    if (errors.length > 0) throw new Error(`${name} was answered by ${JSON.stringify(errors)}`);
    return data[name];
  };
  const query = async (document: string, variables: Fields = {}): Promise<Told> => {
    const { data, errors } = await test.graphql(document, variables);
    if (errors.length > 0) throw new Error(`${document} was answered by ${JSON.stringify(errors)}`);
    return data;
  };
  const create = (userId: string, type: string, amount: string, more: Fields = {}) =>
    mutate('createTransaction', {
      userId,
      type,
      amount: money(amount),
      idempotencyKey: unique('key'),
      ...more,
    });
  const topUp = (userId: string, amount: string, more: Fields = {}) => create(userId, 'TOP_UP', amount, more);
  const withdraw = (userId: string, amount: string, more: Fields = {}) =>
    create(userId, 'WITHDRAWAL', amount, more);
  const purchase = (userId: string, amount: string, more: Fields = {}) =>
    create(userId, 'PURCHASE', amount, { merchantName: 'Kopi', merchantCategory: 'food', ...more });
  const newUser = async ({ funds, ...more }: NewUser = {}): Promise<string> => {
    const id = unique('user');
    const currency = more.currency ?? 'MYR';
    const input = { id, email: `${id}@example.com`, fullName: 'Aisyah Rahman', currency, ...more };
    const { userErrors } = await mutate('createUser', input);
    if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
    if (funds) await topUp(id, `${funds} ${currency}`);
    return id;
  };
  return {
    mutate,
    query,
    create,
    topUp,
    withdraw,
    purchase,
    newUser,
    refund: (transactionId: string, amount?: string, more: Fields = {}) =>
      mutate('refund', {
        transactionId,
        idempotencyKey: unique('key'),
        ...(amount && { amount: money(amount) }),
        ...more,
      }),
    reverse: (transactionId: string, more: Fields = {}) =>
      mutate('reverseTransaction', {
        transactionId,
        reason: 'a mistake',
        idempotencyKey: unique('key'),
        ...more,
      }),
    review: (transactionId: string, decision: 'APPROVE' | 'REJECT', note = 'looked at it') =>
      mutate('reviewTransaction', { transactionId, decision, note }),
    setStatus: (userId: string, status: string) => mutate('changeUserStatus', { userId, status }),
    /** `[posted, held, available, version]` of a wallet. */
    wallet: async (userId: string, args = ''): Promise<readonly [string, string, string, number]> => {
      const { balance } = await query(
        `query($userId: ID!) { balance(userId: $userId${args}) { posted { amount } held { amount } available { amount } version } }`,
        { userId },
      );
      return [balance.posted.amount, balance.held.amount, balance.available.amount, balance.version];
    },
  };
}

export type Calls = ReturnType<typeof callsOf>;

export interface Snapshot {
  /** Status, posted, held and version of every user. */
  readonly wallets: Readonly<Record<string, string>>;
  readonly transactions: number;
  readonly postings: number;
  readonly events: number;
  readonly position: number;
  readonly hash: string;
}

/** All that a refusal must leave as it was, read from the database itself. */
export async function snapshot({ orm }: TestApp): Promise<Snapshot> {
  const em = orm.em.fork();
  const users = await em.find(User, {}, { orderBy: { id: 'asc' } });
  const { position, hash } = await em.findOneOrFail(EventLogHead, HEAD_ID);
  return {
    wallets: Object.fromEntries(
      users.map(({ id, status, posted, held, version }) => [id, `${status} ${posted} ${held} ${version}`]),
    ),
    transactions: await em.count(Transaction),
    postings: await em.count(Posting),
    events: await em.count(Event),
    position,
    hash,
  };
}

/** The postings of a transaction as `source → destination amount currency`, in the order in which they were made. */
export async function postingsOf({ orm }: TestApp, transactionId: string): Promise<readonly string[]> {
  const postings = await orm.em.fork().find(Posting, { transactionId }, { orderBy: { id: 'asc' } });
  return postings.map(
    ({ source, destination, amount, currency }) => `${source} → ${destination} ${amount} ${currency}`,
  );
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Told;
}

/** One plain HTTP request; `json` is the parsed body, if it is JSON. */
export async function request(test: TestApp, path: string, init: RequestInit = {}): Promise<HttpAnswer> {
  const response = await fetch(`${test.app.url}${path}`, init);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}

/** Posts a body as it stands to the API, with the development key unless other headers are given. */
export function post(test: TestApp, body: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
  return request(test, '/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': DEVELOPMENT_KEY, ...headers },
    body,
  });
}

/** Called whenever the hub of a server in this process has taken in a subscriber: from then on no event is missed. */
const waiting: Array<() => void> = [];
const attach = Hub.prototype.attach;
Hub.prototype.attach = function (...args) {
  const queue = attach.apply(this, args);
  waiting.shift()?.();
  return queue;
};

export interface Watch extends AsyncDisposable {
  /** The next `count` results, in order; waits for as long as it takes. */
  readonly take: (count: number) => Promise<Told[]>;
  readonly stop: () => Promise<void>;
}

export function webSocketUrl({ app }: TestApp): string {
  return `${app.url.replace(/^http/, 'ws')}/graphql`;
}

export function webSocketClient(test: TestApp, key: string | undefined = DEVELOPMENT_KEY) {
  return createClient({
    url: webSocketUrl(test),
    webSocketImpl: WebSocket,
    connectionParams: key === undefined ? {} : { 'X-API-Key': key },
    retryAttempts: 0,
  });
}

/** Subscribes over WebSocket, and settles once the server has taken the subscription in and told where it begins. */
export async function watch(test: TestApp, document: string, variables: Fields = {}): Promise<Watch> {
  const client = webSocketClient(test);
  const listening = new Promise<void>((resolve) => waiting.push(resolve));
  const results = client.iterate({ query: document, variables });
  await listening;
  // A wallet's stream begins with a snapshot of it; tests of streams look at that.
  if (document.includes('balanceUpdated')) await results.next();
  const stop = async () => {
    await results.return?.(undefined);
    await client.dispose();
  };
  return {
    take: async (count) => {
      const taken: Told[] = [];
      while (taken.length < count) {
        const { value, done } = await results.next();
        if (done) throw new Error(`the stream ended after ${taken.length} of ${count} results`);
        taken.push(value);
      }
      return taken;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** What one document is answered over WebSocket: its results until it ends, or what it ended with. */
export async function askOverWebSocket(test: TestApp, payload: { query: string; variables?: Fields }) {
  const client = webSocketClient(test);
  const results: Told[] = [];
  try {
    for await (const result of client.iterate(payload as never)) results.push(result);
    return { results, error: undefined as Told };
  } catch (error) {
    return { results, error: error as Told };
  } finally {
    await client.dispose();
  }
}
