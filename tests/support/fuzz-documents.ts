import type { Seed } from './fuzz.js';

/** The user that is asked about. */
export const OWN = 'user-001';
const MONEY = '{ amount currency }';
const [ID, KEY] = ['$userId: ID!', 'idempotencyKey'];
const transaction = `id type status amount ${MONEY} merchantName metadata fraudScore fraudFlags failure { code message }
  originalTransaction { id } refunds { id amount ${MONEY} } review { note reviewer } ${KEY} createdAt user { id email fullName }`;

/** What is asked about the first user. */
export const reads: readonly Seed[] = [
  {
    query: `query One(${ID}) { user(id: $userId) { id email fullName status balance { available ${MONEY} version } transactions(first: 3, orderBy: { field: AMOUNT, direction: ASC }) { nodes { ${transaction} } pageInfo { endCursor hasNextPage } } } }`,
    variables: { userId: OWN },
  },
  {
    query: `query At(${ID}, $at: DateTime, $currency: CurrencyCode) { balance(userId: $userId, at: $at, currency: $currency) { posted ${MONEY} held ${MONEY} asOf } }`,
    variables: { userId: OWN, at: '2030-01-01T00:00:00Z', currency: 'USD' },
  },
  {
    query: `{ transaction(id: "019cd5f0-6e00-7040-9b3c-52a8e0d1f6b7") { ${transaction} } exchangeRates { rate } }`,
    variables: {},
  },
  {
    query: `query Key(${ID}, $key: String!) { transactionByIdempotencyKey(userId: $userId, ${KEY}: $key) { ${transaction} } }`,
    variables: { userId: OWN, key: 'fuzz-1' },
  },
  {
    query: `query Page(${ID}, $filter: TransactionFilter, $after: String) { transactions(userId: $userId, filter: $filter, first: 5, after: $after) { nodes { ${transaction} } pageInfo { endCursor } } }`,
    variables: {
      userId: OWN,
      filter: {
        status: ['COMPLETED'],
        createdAt: { gte: '2020-01-01T00:00:00Z' },
        amount: { lt: '100' },
        fraudScore: { gte: 0 },
      },
    },
  },
  {
    query:
      'query Hooks($id: ID!, $status: [WebhookDeliveryStatus!]) { webhookEndpoints { id url } webhookEndpoint(id: $id) { id } webhookDelivery(id: $id) { id } webhookDeliveries(endpointId: $id, status: $status) { nodes { id body } } }',
    variables: { id: 'x', status: ['FAILED'] },
  },
];
export const writes: readonly Seed[] = [
  {
    query: `mutation Make($input: CreateTransactionInput!) { createTransaction(input: $input) { transaction { ${transaction} } replayed userErrors { __typename code message path ... on InsufficientBalanceError { required ${MONEY} } } } }`,
    variables: {
      input: {
        userId: OWN,
        type: 'PURCHASE',
        amount: { amount: '0.01', currency: 'MYR' },
        merchantName: 'Kopi',
        merchantCategory: 'food',
        metadata: { a: [1, { b: null }] },
        [KEY]: 'fuzz-1',
      },
    },
  },
  {
    query:
      'mutation Give($input: RefundInput!) { refund(input: $input) { transaction { id } userErrors { code } } }',
    variables: {
      input: {
        transactionId: '019cd5f0-6e00-7040-9b3c-52a8e0d1f6b7',
        amount: { amount: '1', currency: 'MYR' },
        reason: 'x',
        [KEY]: 'fuzz-2',
      },
    },
  },
  {
    query:
      'mutation New($input: CreateUserInput!) { createUser(input: $input) { user { id email } userErrors { code } } }',
    variables: {
      input: {
        id: 'fuzz',
        email: 'fuzz@example.com',
        fullName: 'Fuzz',
        currency: 'MYR',
        timeZone: 'Asia/Kuala_Lumpur',
      },
    },
  },
  {
    query:
      'mutation Judge($input: ReviewTransactionInput!) { reviewTransaction(input: $input) { userErrors { code } } }',
    variables: {
      input: { transactionId: '019cd5f0-6e00-7040-9b3c-52a8e0d1f6b7', decision: 'APPROVE', note: 'x' },
    },
  },
  {
    query:
      'mutation Again($input: ReplayWebhookInput!) { replayWebhook(input: $input) { userErrors { code } } }',
    variables: { input: { endpointId: 'x', after: 'cDE6MTA6MThlODNjZmJkYWUy' } },
  },
  {
    query:
      'mutation Close($input: ChangeUserStatusInput!) { changeUserStatus(input: $input) { userErrors { code } } }',
    variables: { input: { userId: 'user-003', status: 'SUSPENDED' } },
  },
];
export const streams: readonly Seed[] = [
  {
    query: `subscription Watch(${ID}, $after: EventCursor) { balanceUpdated(userId: $userId, after: $after) { cursor delivery change ${MONEY} transaction { ${transaction} } } }`,
    variables: { userId: OWN, after: null },
  },
  {
    query: `subscription { transactionUpdated(userId: "${OWN}") { cursor delivery transaction { ${transaction} } } }`,
    variables: {},
  },
  {
    query: `subscription Flags($userId: ID) { fraudFlagged(userId: $userId, minScore: 10) { delivery transaction { ${transaction} } } }`,
    variables: { userId: OWN },
  },
];
