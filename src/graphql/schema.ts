import 'reflect-metadata';
import { type GraphQLObjectType, type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { BalanceResolver } from './balance.resolver.js';
import { EventSubscriptions } from './event.subscription.js';
import { ExchangeRateResolver } from './exchange-rate.resolver.js';
import { TransactionResolver } from './transaction.resolver.js';
import { ReversalType, ReviewType, TransactionObject } from './transaction.type.js';
import { TransactionMutationsResolver } from './transaction-mutations.resolver.js';
import { UserResolver } from './user.resolver.js';
import { UserType } from './user.type.js';
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
      ExchangeRateResolver,
      EventSubscriptions,
      WebhookResolver,
      WebhookMutationsResolver,
    ],
    orphanedTypes: [...userErrorTypes],
    pubSub: unusedPubSub,
    validate: false,
  });
  readPlainly(schema);
  return schema;
}

/** The types whose fields are getters, unless a resolver serves them. */
const gettersOf = {
  Transaction: TransactionObject,
  User: UserType,
  Review: ReviewType,
  Reversal: ReversalType,
};

/** TypeGraphQL wraps even a getter into a resolver that looks for middleware and arguments; GraphQL reads it as it is. */
function readPlainly(schema: GraphQLSchema): void {
  for (const [name, { prototype }] of Object.entries(gettersOf)) {
    const fields = (schema.getType(name) as GraphQLObjectType).getFields();
    for (const [field, { get }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (get) delete fields[field]?.resolve;
    }
  }
}

/** The schema as it is committed: sorted, so that a diff shows what changed and nothing else. */
export function printApi(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
