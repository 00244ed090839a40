/**
 * Who may read each field, written down by hand: the scopes of which one is needed, none for any principal. Under `*`, the
 * rule of all fields of the type that are not named. What the schema declares must be exactly this.
 */
export const expectedRules: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  Query: {
    viewer: [],
    exchangeRates: [],
    user: ['users:read'],
    balance: ['users:read'],
    transaction: ['transactions:read'],
    transactionByIdempotencyKey: ['transactions:read'],
    transactions: ['transactions:read'],
    spendingAnalytics: ['analytics:read'],
    userInsights: ['analytics:read'],
    fleetSpending: ['reports:read'],
    fraudStatistics: ['fraud:read'],
    webhookEndpoints: ['webhooks:manage'],
    webhookEndpoint: ['webhooks:manage'],
    webhookDelivery: ['webhooks:manage'],
    webhookDeliveries: ['webhooks:manage'],
    apiKeys: ['keys:manage'],
    apiKey: ['keys:manage'],
    auditLog: ['audit:read'],
  },
  Mutation: {
    createUser: ['users:write'],
    changeUserStatus: ['users:write'],
    createTransaction: ['transactions:write', 'transactions:credit'],
    createTransactions: ['transactions:write', 'transactions:credit'],
    refund: ['transactions:credit'],
    reviewTransaction: ['transactions:review'],
    reverseTransaction: ['transactions:reverse'],
    createWebhookEndpoint: ['webhooks:manage'],
    updateWebhookEndpoint: ['webhooks:manage'],
    pauseWebhookEndpoint: ['webhooks:manage'],
    resumeWebhookEndpoint: ['webhooks:manage'],
    deleteWebhookEndpoint: ['webhooks:manage'],
    rotateWebhookSecret: ['webhooks:manage'],
    sendTestEvent: ['webhooks:manage'],
    redeliver: ['webhooks:manage'],
    replayWebhook: ['webhooks:manage'],
    createApiKey: ['keys:manage'],
    rotateApiKey: ['keys:manage'],
    revokeApiKey: ['keys:manage'],
  },
  Subscription: {
    balanceUpdated: ['users:read'],
    transactionUpdated: ['transactions:read'],
    fraudFlagged: ['fraud:read'],
    spendingUpdated: ['analytics:read'],
    fraudStatisticsUpdated: ['fraud:read'],
  },
  User: { '*': [], balance: ['users:read'], transactions: ['transactions:read'] },
  Balance: { '*': [] },
  Money: { '*': [] },
  Transaction: {
    '*': [],
    user: ['users:read'],
    fraud: ['fraud:read'],
    originalTransaction: ['transactions:read'],
    refunds: ['transactions:read'],
  },
  TransactionConnection: { '*': [] },
  TransactionEdge: { '*': [] },
  PageInfo: { '*': [] },
  Failure: { '*': [] },
  Review: { '*': [] },
  Reversal: { '*': [] },
  FraudAssessment: { '*': ['fraud:read'] },
  FraudHit: { '*': ['fraud:read'] },
  ExchangeRate: { '*': [] },
  Principal: { '*': [] },
  CreateUserPayload: { '*': [] },
  ChangeUserStatusPayload: { '*': [] },
  CreateTransactionPayload: { '*': [] },
  CreateTransactionsPayload: { '*': [] },
  RefundPayload: { '*': [] },
  ReviewTransactionPayload: { '*': [] },
  ReverseTransactionPayload: { '*': [] },
  UserError: { '*': [] },
  InputError: { '*': [] },
  NotFoundError: { '*': [] },
  UserStatusError: { '*': [] },
  InsufficientBalanceError: { '*': [] },
  LimitError: { '*': [] },
  RefundError: { '*': [] },
  StatusTransitionError: { '*': [] },
  IdempotencyError: { '*': [] },
  BalanceUpdate: { '*': [] },
  TransactionUpdate: { '*': [] },
  FraudAlert: { '*': [] },
  WebhookEndpoint: { '*': ['webhooks:manage'] },
  WebhookAttempt: { '*': ['webhooks:manage'] },
  WebhookDelivery: { '*': ['webhooks:manage'] },
  WebhookDeliveryEdge: { '*': ['webhooks:manage'] },
  WebhookDeliveryConnection: { '*': ['webhooks:manage'] },
  WebhookEndpointPayload: { '*': ['webhooks:manage'], userErrors: [] },
  WebhookSecretPayload: { '*': ['webhooks:manage'], userErrors: [] },
  WebhookDeliveryPayload: { '*': ['webhooks:manage'], userErrors: [] },
  DeleteWebhookEndpointPayload: { '*': ['webhooks:manage'], userErrors: [] },
  ApiKey: { '*': ['keys:manage'] },
  ApiKeyPayload: { '*': ['keys:manage'], userErrors: [] },
  ApiKeySecretPayload: { '*': ['keys:manage'], userErrors: [] },
  SpendingAnalytics: { '*': ['analytics:read'] },
  CategorySpending: { '*': ['analytics:read'] },
  TopCategory: { '*': ['analytics:read'] },
  MerchantSpending: { '*': ['analytics:read'] },
  SpendingBucket: { '*': ['analytics:read'] },
  HourSpending: { '*': ['analytics:read'] },
  UserInsights: { '*': ['analytics:read'] },
  MonthInsights: { '*': ['analytics:read'] },
  SpendingUpdate: { '*': ['analytics:read'] },
  FleetSpending: { '*': ['reports:read'] },
  FleetCategorySpending: { '*': ['reports:read'] },
  FleetSpendingBucket: { '*': ['reports:read'] },
  FraudStatistics: { '*': ['fraud:read'] },
  FraudBucket: { '*': ['fraud:read'] },
  FraudFlagPair: { '*': ['fraud:read'] },
  FraudFlagStatistics: { '*': ['fraud:read'] },
  FraudLevelStatistics: { '*': ['fraud:read'] },
  FraudScoreStep: { '*': ['fraud:read'] },
  HeldNow: { '*': ['fraud:read'] },
  ReviewTime: { '*': ['fraud:read'] },
  Action: { '*': ['audit:read'] },
  ActionConnection: { '*': ['audit:read'] },
};

export function expectedRule(type: string, field: string): readonly string[] | undefined {
  return expectedRules[type]?.[field] ?? expectedRules[type]?.['*'];
}

/** What the people of each role may do, written down by hand. */
export const expectedScopes: Readonly<Record<'CUSTOMER' | 'ANALYST', readonly string[]>> = {
  CUSTOMER: ['users:read', 'transactions:read', 'transactions:write', 'analytics:read'],
  ANALYST: [
    'users:read',
    'transactions:read',
    'transactions:review',
    'fraud:read',
    'analytics:read',
    'reports:read',
  ],
};

/** Things that fields are asked about: one user's, or nobody's. */
export interface Things {
  readonly user: string;
  /** A completed and partly refunded purchase, its refund, one that failed, and others that were decided by people. */
  readonly purchase: string;
  readonly refund: string;
  readonly failed: string;
  readonly reviewed: string;
  readonly reversed: string;
  readonly flagged: string;
  /** The key that made the purchase. */
  readonly idempotencyKey: string;
  readonly endpoint: string;
  readonly delivery: string;
  readonly apiKey: string;
  /** A cursor before everything. */
  readonly cursor: string;
}

type Ask = (things: Things) => string;

const spendMany = (user: string) =>
  `createTransactions(input: { items: [{ userId: "${user}", amount: { amount: "0.01", currency: "MYR" }, idempotencyKey: "${fresh()}", merchantName: "Kopi", merchantCategory: "food" }] })`;

const spending = (user: string, selection: string) =>
  `spendingAnalytics(userId: "${user}", from: "2026-03-01T00:00:00Z", to: "2026-04-01T00:00:00Z") { ${selection} }`;

const ofMarch = (name: string, selection: string) =>
  `${name}(from: "2026-03-01T00:00:00Z", to: "2026-04-01T00:00:00Z") { ${selection} }`;

let serial = 0;
const fresh = (): string => {
  serial += 1;
  return `rule-${serial}`;
};

const spend = (user: string, amount: string, key: string, more = '') =>
  `createTransaction(input: { userId: "${user}", amount: { amount: "${amount}", currency: "MYR" }, idempotencyKey: "${key}", merchantName: "Kopi", merchantCategory: "food"${more} })`;

/** Every root field, asked in a way that is refused by a rule where it would change much. */
export const roots: Readonly<Record<'Query' | 'Mutation' | 'Subscription', Readonly<Record<string, Ask>>>> = {
  Query: {
    viewer: () => 'viewer { id }',
    exchangeRates: () => 'exchangeRates { rate }',
    user: ({ user }) => `user(id: "${user}") { id email }`,
    balance: ({ user }) => `balance(userId: "${user}") { userId version }`,
    transaction: ({ purchase }) => `transaction(id: "${purchase}") { id merchantName }`,
    transactionByIdempotencyKey: ({ user, idempotencyKey }) =>
      `transactionByIdempotencyKey(userId: "${user}", idempotencyKey: "${idempotencyKey}") { id }`,
    transactions: ({ user }) =>
      `transactions(userId: "${user}") { nodes { id } pageInfo { hasNextPage endCursor } }`,
    spendingAnalytics: ({ user }) => spending(user, 'total { amount }'),
    userInsights: ({ user }) => `userInsights(userId: "${user}") { asOf }`,
    fleetSpending: () => ofMarch('fleetSpending', 'count'),
    fraudStatistics: () => ofMarch('fraudStatistics', 'scored'),
    webhookEndpoints: () => 'webhookEndpoints { id }',
    webhookEndpoint: ({ endpoint }) => `webhookEndpoint(id: "${endpoint}") { id }`,
    webhookDelivery: ({ delivery }) => `webhookDelivery(id: "${delivery}") { id }`,
    webhookDeliveries: ({ endpoint }) => `webhookDeliveries(endpointId: "${endpoint}") { nodes { id } }`,
    apiKeys: () => 'apiKeys { id }',
    apiKey: ({ apiKey }) => `apiKey(id: "${apiKey}") { id }`,
    auditLog: () => 'auditLog { nodes { type } }',
  },
  Mutation: {
    createUser: () =>
      'createUser(input: { email: "no", fullName: "A", currency: "MYR" }) { userErrors { code } }',
    changeUserStatus: ({ user }) =>
      `changeUserStatus(input: { userId: "${user}", status: ACTIVE }) { userErrors { code } }`,
    createTransaction: ({ user }) =>
      `${spend(user, '0.01', fresh())} { transaction { status } userErrors { __typename code message path ... on NotFoundError { id } } }`,
    createTransactions: ({ user }) =>
      `${spendMany(user)} { results { transaction { status } userErrors { __typename code message path ... on NotFoundError { id } } } }`,
    refund: ({ refund }) =>
      `refund(input: { transactionId: "${refund}", idempotencyKey: "${fresh()}" }) { userErrors { code message } }`,
    reviewTransaction: ({ purchase }) =>
      `reviewTransaction(input: { transactionId: "${purchase}", decision: APPROVE, note: "x" }) { userErrors { code message } }`,
    reverseTransaction: ({ reversed }) =>
      `reverseTransaction(input: { transactionId: "${reversed}", reason: "x", idempotencyKey: "${fresh()}" }) { userErrors { code message } }`,
    createWebhookEndpoint: () =>
      'createWebhookEndpoint(input: { url: "no", eventTypes: [] }) { userErrors { code } }',
    updateWebhookEndpoint: ({ endpoint }) =>
      `updateWebhookEndpoint(input: { id: "${endpoint}", eventTypes: [] }) { userErrors { code } }`,
    pauseWebhookEndpoint: ({ endpoint }) =>
      `pauseWebhookEndpoint(input: { id: "${endpoint}" }) { userErrors { code } }`,
    resumeWebhookEndpoint: ({ endpoint }) =>
      `resumeWebhookEndpoint(input: { id: "${endpoint}" }) { userErrors { code } }`,
    deleteWebhookEndpoint: () => 'deleteWebhookEndpoint(input: { id: "no" }) { userErrors { code } }',
    rotateWebhookSecret: ({ endpoint }) =>
      `rotateWebhookSecret(input: { id: "${endpoint}", overlapHours: 999 }) { userErrors { code } }`,
    sendTestEvent: () => 'sendTestEvent(input: { endpointId: "no" }) { userErrors { code } }',
    redeliver: () => 'redeliver(input: { deliveryId: "no" }) { userErrors { code } }',
    replayWebhook: ({ cursor }) =>
      `replayWebhook(input: { endpointId: "no", after: "${cursor}" }) { userErrors { code } }`,
    createApiKey: () => 'createApiKey(input: { name: "", scopes: [] }) { userErrors { code } }',
    rotateApiKey: () => 'rotateApiKey(input: { id: "no" }) { userErrors { code } }',
    revokeApiKey: () => 'revokeApiKey(input: { id: "no" }) { userErrors { code } }',
  },
  Subscription: {
    balanceUpdated: ({ user }) => `balanceUpdated(userId: "${user}") { balance { userId } }`,
    transactionUpdated: ({ user, cursor }) =>
      `transactionUpdated(userId: "${user}", after: "${cursor}") { transaction { id } }`,
    spendingUpdated: ({ user }) => `spendingUpdated(userId: "${user}") { count }`,
    fraudStatisticsUpdated: () => 'fraudStatisticsUpdated { scored }',
    fraudFlagged: ({ user, cursor }) =>
      `fraudFlagged(userId: "${user}", after: "${cursor}") { transaction { id } }`,
  },
};

/** A way to an object of every type, with `*` for what is selected of it. */
export const ways: Readonly<Record<string, Ask>> = {
  User: ({ user }) => `query { user(id: "${user}") { * } }`,
  Balance: ({ user }) => `query { balance(userId: "${user}") { * } }`,
  Money: ({ user }) => `query { balance(userId: "${user}") { posted { * } } }`,
  Transaction: ({ purchase }) => `query { transaction(id: "${purchase}") { * } }`,
  TransactionConnection: ({ user }) => `query { transactions(userId: "${user}") { * } }`,
  TransactionEdge: ({ user }) => `query { transactions(userId: "${user}", first: 1) { edges { * } } }`,
  PageInfo: ({ user }) => `query { transactions(userId: "${user}") { pageInfo { * } } }`,
  Failure: ({ failed }) => `query { transaction(id: "${failed}") { failure { * } } }`,
  Review: ({ reviewed }) => `query { transaction(id: "${reviewed}") { review { * } } }`,
  Reversal: ({ reversed }) => `query { transaction(id: "${reversed}") { reversal { * } } }`,
  FraudAssessment: ({ flagged }) => `query { transaction(id: "${flagged}") { fraud { * } } }`,
  FraudHit: ({ flagged }) => `query { transaction(id: "${flagged}") { fraud { hits { * } } } }`,
  ExchangeRate: () => 'query { exchangeRates { * } }',
  Principal: () => 'query { viewer { * } }',
  CreateUserPayload: () =>
    'mutation { createUser(input: { email: "no", fullName: "A", currency: "MYR" }) { * } }',
  ChangeUserStatusPayload: ({ user }) =>
    `mutation { changeUserStatus(input: { userId: "${user}", status: ACTIVE }) { * } }`,
  CreateTransactionPayload: ({ user }) => `mutation { ${spend(user, '0', fresh())} { * } }`,
  CreateTransactionsPayload: ({ user }) => `mutation { ${spendMany(user)} { * } }`,
  RefundPayload: ({ refund }) =>
    `mutation { refund(input: { transactionId: "${refund}", idempotencyKey: "x" }) { * } }`,
  ReviewTransactionPayload: ({ purchase }) =>
    `mutation { reviewTransaction(input: { transactionId: "${purchase}", decision: REJECT, note: "x" }) { * } }`,
  ReverseTransactionPayload: ({ reversed }) =>
    `mutation { reverseTransaction(input: { transactionId: "${reversed}", reason: "x", idempotencyKey: "${fresh()}" }) { * } }`,
  UserError: ({ user }) => `mutation { ${spend(user, '0', fresh())} { userErrors { * } } }`,
  InputError: ({ user }) =>
    `mutation { ${spend(user, '0', fresh())} { userErrors { ... on InputError { * } } } }`,
  NotFoundError: () =>
    `mutation { ${spend('nobody', '1', fresh())} { userErrors { ... on NotFoundError { * } } } }`,
  UserStatusError: ({ user }) =>
    `mutation { changeUserStatus(input: { userId: "${user}", status: ACTIVE }) { userErrors { ... on UserStatusError { * } } } }`,
  InsufficientBalanceError: ({ user }) =>
    `mutation { ${spend(user, '900.00', fresh())} { userErrors { ... on InsufficientBalanceError { * } } } }`,
  LimitError: ({ user }) =>
    `mutation { ${spend(user, '1001', fresh())} { userErrors { ... on LimitError { * } } } }`,
  RefundError: ({ refund }) =>
    `mutation { refund(input: { transactionId: "${refund}", idempotencyKey: "x" }) { userErrors { ... on RefundError { * } } } }`,
  StatusTransitionError: ({ purchase }) =>
    `mutation { reviewTransaction(input: { transactionId: "${purchase}", decision: REJECT, note: "x" }) { userErrors { ... on StatusTransitionError { * } } } }`,
  IdempotencyError: ({ user, idempotencyKey }) =>
    `mutation { ${spend(user, '7', idempotencyKey)} { userErrors { ... on IdempotencyError { * } } } }`,
  SpendingAnalytics: ({ user }) => `query { ${spending(user, '*')} }`,
  CategorySpending: ({ user }) => `query { ${spending(user, 'byCategory { * }')} }`,
  TopCategory: ({ user }) => `query { userInsights(userId: "${user}") { topCategories { * } } }`,
  MerchantSpending: ({ user }) => `query { ${spending(user, 'byMerchant { * }')} }`,
  SpendingBucket: ({ user }) => `query { ${spending(user, 'series { * }')} }`,
  HourSpending: ({ user }) => `query { ${spending(user, 'byHourOfDay { * }')} }`,
  UserInsights: ({ user }) => `query { userInsights(userId: "${user}") { * } }`,
  MonthInsights: ({ user }) => `query { userInsights(userId: "${user}") { month { * } } }`,
  SpendingUpdate: ({ user }) => `subscription { spendingUpdated(userId: "${user}") { * } }`,
  FleetSpending: () => `query { ${ofMarch('fleetSpending', '*')} }`,
  FleetCategorySpending: () => `query { ${ofMarch('fleetSpending', 'byCategory { * }')} }`,
  FleetSpendingBucket: () => `query { ${ofMarch('fleetSpending', 'series { * }')} }`,
  FraudStatistics: () => `query { ${ofMarch('fraudStatistics', '*')} }`,
  FraudBucket: () => `query { ${ofMarch('fraudStatistics', 'series { * }')} }`,
  FraudFlagPair: () => `query { ${ofMarch('fraudStatistics', 'flagPairs { * }')} }`,
  FraudFlagStatistics: () => `query { ${ofMarch('fraudStatistics', 'byFlag { * }')} }`,
  FraudLevelStatistics: () => `query { ${ofMarch('fraudStatistics', 'byLevel { * }')} }`,
  FraudScoreStep: () => `query { ${ofMarch('fraudStatistics', 'scoreHistogram { * }')} }`,
  HeldNow: () => `query { ${ofMarch('fraudStatistics', 'heldNow { * }')} }`,
  ReviewTime: () => `query { ${ofMarch('fraudStatistics', 'reviewTime { * }')} }`,
  BalanceUpdate: ({ user }) => `subscription { balanceUpdated(userId: "${user}") { * } }`,
  TransactionUpdate: ({ user, cursor }) =>
    `subscription { transactionUpdated(userId: "${user}", after: "${cursor}") { * } }`,
  FraudAlert: ({ user, cursor }) =>
    `subscription { fraudFlagged(userId: "${user}", after: "${cursor}") { * } }`,
  WebhookEndpoint: () => 'query { webhookEndpoints { * } }',
  WebhookAttempt: ({ delivery }) => `query { webhookDelivery(id: "${delivery}") { attempts { * } } }`,
  WebhookDelivery: ({ delivery }) => `query { webhookDelivery(id: "${delivery}") { * } }`,
  WebhookDeliveryEdge: ({ endpoint }) =>
    `query { webhookDeliveries(endpointId: "${endpoint}") { edges { * } } }`,
  WebhookDeliveryConnection: ({ endpoint }) => `query { webhookDeliveries(endpointId: "${endpoint}") { * } }`,
  WebhookEndpointPayload: () => 'mutation { pauseWebhookEndpoint(input: { id: "no" }) { * } }',
  WebhookSecretPayload: () => 'mutation { rotateWebhookSecret(input: { id: "no" }) { * } }',
  WebhookDeliveryPayload: () => 'mutation { redeliver(input: { deliveryId: "no" }) { * } }',
  DeleteWebhookEndpointPayload: () => 'mutation { deleteWebhookEndpoint(input: { id: "no" }) { * } }',
  ApiKey: () => 'query { apiKeys { * } }',
  ApiKeyPayload: () => 'mutation { revokeApiKey(input: { id: "no" }) { * } }',
  ApiKeySecretPayload: () => 'mutation { rotateApiKey(input: { id: "no" }) { * } }',
  Action: () => 'query { auditLog { nodes { * } } }',
  ActionConnection: () => 'query { auditLog { * } }',
};
