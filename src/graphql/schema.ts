import 'reflect-metadata';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { ApiKeyResolver } from './api-key.resolver.js';
import { AuditLogResolver } from './audit-log.resolver.js';
import { authorize } from './authorization.js';
import { BalanceResolver } from './balance.resolver.js';
import { CreateTransactionsResolver } from './create-transactions.resolver.js';
import { EventSubscriptions } from './event.subscription.js';
import { ExchangeRateResolver } from './exchange-rate.resolver.js';
import { guardPlainFields } from './field-rules.js';
import { FleetSpendingResolver } from './fleet-spending.resolver.js';
import { FraudStatisticsResolver } from './fraud-statistics.resolver.js';
import { InsightsResolver } from './insights.resolver.js';
import { SpendingResolver } from './spending.resolver.js';
import { SpendingSubscription } from './spending-updated.subscription.js';
import { TransactionResolver } from './transaction.resolver.js';
import { TransactionMutationsResolver } from './transaction-mutations.resolver.js';
import { UserResolver } from './user.resolver.js';
import { userErrorTypes } from './user-error.type.js';
import { WebhookResolver } from './webhook.resolver.js';
import { WebhookMutationsResolver } from './webhook-mutations.resolver.js';

/** Every subscription brings its own stream; TypeGraphQL only wants to see that there is something to publish to. */
const unusedPubSub = {
  publish: () => undefined,
  subscribe: (): never => {
    throw new Error('every subscription has a subscribe function of its own');
  },
};

/** The whole API as one schema. */
export function createSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      UserResolver,
      BalanceResolver,
      TransactionResolver,
      TransactionMutationsResolver,
      CreateTransactionsResolver,
      ExchangeRateResolver,
      SpendingResolver,
      InsightsResolver,
      EventSubscriptions,
      FraudStatisticsResolver,
      FleetSpendingResolver,
      SpendingSubscription,
      WebhookResolver,
      WebhookMutationsResolver,
      ApiKeyResolver,
      AuditLogResolver,
    ],
    orphanedTypes: [...userErrorTypes],
    pubSub: unusedPubSub,
    authChecker: authorize,
    validate: false,
  });
  guardPlainFields(schema);
  return schema;
}

/** The schema as it is committed: sorted, so that a diff shows what changed and nothing else. */
export function printApi(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
