import { GraphQLError } from 'graphql';
import type { AuthCheckerFn } from 'type-graphql';
import { type Principal, sees } from '../access/principal.js';
import type { Scope } from '../access/scopes.js';
import type { Context } from './context.js';

/** Something of one user's: only for whom that user exists. */
interface Owned {
  readonly ownerId?: string;
}

/**
 * Whether a field may be read: its principal needs one of the scopes that `@Authorized` names there, if it names any, and
 * what the field stands on must be theirs to see. The latter is never otherwise: what is another's is not found at all.
 * An arrow, since TypeGraphQL takes whatever has a prototype for a class.
 */
export const authorize: AuthCheckerFn<Context, Scope> = ({ context, root, info }, needed) => {
  const { principal } = context;
  if (needed.length > 0 && !needed.some((scope) => principal.scopes.has(scope))) {
    throw forbidden(`${info.parentType.name}.${info.fieldName} needs the scope ${needed.join(' or ')}.`);
  }
  const { ownerId } = (root ?? {}) as Owned;
  if (ownerId !== undefined && !sees(principal, ownerId))
    throw new Error(`${principal.id} came upon ${ownerId}`);
  return true;
};

/** For what depends on the input: refuses whoever does not have the scope. */
export function requireScope({ scopes }: Principal, scope: Scope, what: string): void {
  if (!scopes.has(scope)) throw forbidden(`${what} needs the scope ${scope}.`);
}

function forbidden(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } });
}

/** Whose transactions a list is about: the user asked for, or the only one there is. `null` for nobody's. */
export function scopeToOwn(principal: Principal, userId: string | undefined): string | undefined | null {
  if (userId === undefined) return principal.ownUserId;
  return sees(principal, userId) ? userId : null;
}
