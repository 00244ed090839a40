import type { ApolloServerPlugin } from '@apollo/server';
import type { Logger } from '../log.js';
import type { Context } from './context.js';

/** One line for each operation: who, what, how it ended, how long it took. Never what was sent or answered. */
export function operationLog(log: Logger): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => {
      const start = performance.now();
      return {
        willSendResponse: async ({ contextValue, operation, operationName, response }) => {
          if (!operation || response.body.kind !== 'single') return;
          const { errors } = response.body.singleResult;
          const fields = operation.selectionSet.selections.map((node) =>
            node.kind === 'Field' ? node.name.value : '…',
          );
          log.info(
            {
              requestId: contextValue.requestId,
              principal: contextValue.principal.id,
              operation: operation.operation,
              operationName,
              fields: [...new Set(fields)],
              outcomes: contextValue.outcomes.length > 0 ? contextValue.outcomes : undefined,
              errors: errors?.map((error) => error.extensions?.code),
              durationMs: Math.round(performance.now() - start),
            },
            'operation',
          );
        },
      };
    },
  };
}
