import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import type { Principal } from '../access/principal.js';
import { inSeconds, rateLimitHeaders } from '../limits/headers.js';
import type { Demand, NamedStanding, RateLimits } from '../limits/rate-limits.js';
import type { OperationClass } from '../limits/settings.js';
import { estimateCost, fragmentsOf, type Variables } from './cost.js';

/** Mutations that move money by themselves; every other one is administration. */
const moneyMutations: ReadonlySet<string> = new Set(['createTransaction', 'createTransactions', 'refund']);

/** An operation that may run: what it may cost, and how its caller stands after it. */
export interface Admitted {
  readonly cost: number;
  readonly standings: readonly NamedStanding[];
}

/** The one gate that valid operations of both transports pass before they run; what may not run is thrown out of it. */
export async function admit(
  schema: GraphQLSchema,
  limits: RateLimits,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
  principal: Principal,
): Promise<Admitted> {
  const cost = estimateCost(schema, document, operation, variables);
  if (cost > limits.queryCostMax) throw tooExpensive(cost, limits.queryCostMax);
  const { allowed, standings } = await limits.take(
    rateKeyOf(principal),
    demandsOf(document, operation, variables, cost),
  );
  if (!allowed) throw rateLimited(standings);
  return { cost, standings };
}

/** An export reads as long as its client likes: it takes of the reads what the dearest operation may cost. */
export async function admitExport(limits: RateLimits, principal: Principal): Promise<void> {
  const demand = { class: 'reads', points: limits.queryCostMax } as const;
  const { allowed, standings } = await limits.take(rateKeyOf(principal), [demand]);
  if (!allowed) throw rateLimited(standings);
}

/** Under what name a principal's operations are counted. */
export function rateKeyOf({ kind, id }: Principal): string {
  return `${kind}:${id}`;
}

/** Reads are counted by what they cost, everything else by the operation. */
export function demandsOf(
  document: DocumentNode,
  { operation, selectionSet }: OperationDefinitionNode,
  variables: Variables,
  cost: number,
): Demand[] {
  if (operation === 'query') return [{ class: 'reads', points: Math.max(cost, 1) }];
  if (operation === 'subscription') return [{ class: 'subscriptions', points: 1 }];
  const points = new Map<OperationClass, number>();
  for (const field of rootFields(document, selectionSet)) {
    const name = moneyMutations.has(field.name.value) ? 'money' : 'administration';
    points.set(name, (points.get(name) ?? 0) + itemCountOf(field, variables));
  }
  return [...points].map(([name, count]) => ({ class: name, points: count }));
}

/** How many things a mutation asks for: as many as the list `items` in its input has, or one. */
function itemCountOf(field: FieldNode, variables: Variables): number {
  const input = field.arguments?.find(({ name }) => name.value === 'input')?.value;
  const { items } = Object(input && valueFromASTUntyped(input, variables));
  return Array.isArray(items) ? Math.max(items.length, 1) : 1;
}

function rootFields(document: DocumentNode, { selections }: SelectionSetNode): FieldNode[] {
  return selections.flatMap((node) => {
    if (node.kind === Kind.FIELD) return [node];
    const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : fragmentsOf(document).get(node.name.value);
    return fragment ? rootFields(document, fragment.selectionSet) : [];
  });
}

function tooExpensive(cost: number, max: number): GraphQLError {
  return new GraphQLError(
    `This may cost ${cost} points and at most ${max} are allowed: ask for smaller pages (first, last) or for fewer relations.`,
    { extensions: { code: 'QUERY_TOO_EXPENSIVE', http: { status: 400 } } },
  );
}

/** The answer to whoever asked too much, or from whose address too many wrong credentials came. */
export function rateLimited(standings: readonly NamedStanding[]): GraphQLError {
  const retryAfterMs = Math.max(...standings.map(({ resetMs }) => resetMs));
  const [name] = standings.map(({ policy, limit }) => `${limit} ${policy}`);
  return new GraphQLError(
    `No more than ${name} a minute are allowed: wait for ${inSeconds(retryAfterMs)} s and ask again.`,
    {
      extensions: {
        code: 'RATE_LIMITED',
        retryable: true,
        retryAfterMs,
        http: {
          status: 429,
          headers: new Map([
            ['retry-after', String(inSeconds(retryAfterMs))],
            ...rateLimitHeaders(standings),
          ]),
        },
      },
    },
  );
}
