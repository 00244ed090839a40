import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  parse,
  validate,
} from 'graphql';
import { coded } from './errors.js';

/** What of a document may still be read; far more than any screen asks for. */
export const TOKENS_MAX = 1_000;

export interface OperationRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

/** A subscription as it is asked for over WebSocket, checked: what to execute, or why not. */
export function checkSubscription(
  schema: GraphQLSchema,
  request: OperationRequest,
): ExecutionArgs | readonly GraphQLError[] {
  const document = parseDocument(request.query);
  if (document instanceof GraphQLError) return [document];
  const errors = validate(schema, document);
  if (errors.length > 0) return errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
  const operation = getOperationAST(document, request.operationName);
  if (operation?.operation !== 'subscription') {
    return [
      new GraphQLError(
        'Only subscriptions are served over WebSocket; send queries and mutations to POST /graphql.',
        {
          extensions: { code: 'BAD_REQUEST' },
        },
      ),
    ];
  }
  const { errors: faulty } = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    request.variables ?? {},
  );
  if (faulty) return faulty.map((error) => coded(error, 'BAD_USER_INPUT'));
  return {
    schema,
    document,
    operationName: request.operationName ?? null,
    variableValues: request.variables ?? null,
  };
}

function parseDocument(query: string): DocumentNode | GraphQLError {
  try {
    return parse(query, { maxTokens: TOKENS_MAX });
  } catch (error) {
    return coded(error as GraphQLError, 'GRAPHQL_PARSE_FAILED');
  }
}
