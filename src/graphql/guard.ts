import {
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql';
import type { CheckDocument, CheckedDocument } from './documents.js';
import { coded } from './errors.js';

export interface OperationRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

/** A subscription as it is asked for over WebSocket, checked: what to execute. */
export interface CheckedSubscription extends CheckedDocument {
  readonly operation: OperationDefinitionNode;
  readonly args: ExecutionArgs;
}

/** Reads a request for a subscription, or says why there is none to be had. */
export function checkSubscription(
  schema: GraphQLSchema,
  check: CheckDocument,
  request: OperationRequest,
): CheckedSubscription | readonly GraphQLError[] {
  const checked = check(request.query);
  if (!('document' in checked)) return checked;
  const operation = getOperationAST(checked.document, request.operationName);
  if (operation?.operation !== 'subscription') {
    return [
      new GraphQLError(
        'Only subscriptions are served over WebSocket; send queries and mutations to POST /graphql.',
        { extensions: { code: 'BAD_REQUEST' } },
      ),
    ];
  }
  const given = request.variables ?? {};
  const definitions = operation.variableDefinitions ?? [];
  const { errors: faulty } = getVariableValues(schema, definitions, given);
  if (faulty) return faulty.map((error) => coded(error, 'BAD_USER_INPUT'));
  // What the document does not declare may be of any size and depth, and is not kept for the life of a stream.
  const declared = definitions.map(({ variable }) => variable.name.value);
  const kept = declared.filter((name) => Object.hasOwn(given, name)).map((name) => [name, given[name]]);
  const args = {
    schema,
    document: checked.document,
    operationName: request.operationName ?? null,
    variableValues: Object.fromEntries(kept),
  };
  return { ...checked, operation, args };
}

/**
 * Under what key subscribers share answers: the same document with the same variables, asked by the same principal, gives
 * the same answer to an event. A variable that only says where the stream begins does not count.
 */
export function sharingKey(
  { number, beginningVariables, args }: CheckedSubscription,
  principalId: string,
): string {
  const variables = { ...args.variableValues };
  for (const name of beginningVariables) delete variables[name];
  return JSON.stringify([number, principalId, args.operationName, variables]);
}
