import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import { rateLimitHeaders } from '../limits/headers.js';
import type { RateLimits } from '../limits/rate-limits.js';
import { WINDOW_SECONDS } from '../limits/settings.js';
import { actualCost } from './actual-cost.js';
import { type Admitted, admit, rateKeyOf } from './admission.js';
import type { Context } from './context.js';

/**
 * Lets operations over HTTP in by the gate of both transports. Whatever ran tells in `extensions.cost` what it cost and
 * how many points of its caller's reads are left, and in the headers how the limits stand that it was counted in.
 */
export function limitsPlugin(schema: GraphQLSchema, limits: RateLimits): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => {
      let admitted: Admitted | undefined;
      return {
        didResolveOperation: async ({ document, operation, request, contextValue }) => {
          // Over HTTP a subscription is refused for what it is.
          if (!operation || operation.operation === 'subscription') return;
          admitted = await admit(
            schema,
            limits,
            document,
            operation,
            request.variables ?? {},
            contextValue.principal,
          );
        },
        willSendResponse: async ({ document, operation, contextValue, response: { body, http } }) => {
          if (!admitted || !document || !operation || body.kind !== 'single') return;
          for (const [name, value] of rateLimitHeaders(admitted.standings)) http.headers.set(name, value);
          const { data } = body.singleResult;
          if (data === undefined) return;
          const { limit, remaining } = limits.standing('reads', rateKeyOf(contextValue.principal));
          const cost = {
            requestedQueryCost: admitted.cost,
            actualQueryCost: actualCost(schema, document, operation, data),
            throttleStatus: {
              maximumAvailable: limit,
              currentlyAvailable: remaining,
              restoreRate: limit / WINDOW_SECONDS,
            },
          };
          body.singleResult.extensions = { ...body.singleResult.extensions, cost };
        },
      };
    },
  };
}
