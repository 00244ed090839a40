import { registerEnumType } from 'type-graphql';
import { type PrincipalKind, principalKinds, type Scope, scopes } from '../access/scopes.js';
import { type Descriptions, enumOf } from './enums.js';

export const PrincipalKindEnum = enumOf<PrincipalKind>(
  'PrincipalKind',
  'What kind of caller somebody is.',
  principalKinds,
  {
    SERVICE: 'A backend, by its API key.',
    CUSTOMER: 'A user, by a token whose `sub` is the user’s id: only what is theirs exists for them.',
    ANALYST: 'Somebody who reviews transactions, by a token with the role `ANALYST`.',
    ADMIN: 'Somebody who may do everything, by a token with the role `ADMIN`.',
  },
);

/** Scopes are written `users:read` in keys and settings; GraphQL's names have no colon. */
const scopeDescriptions: Descriptions<Scope> = {
  'users:read': 'See users and balances.',
  'users:write': 'Make users; suspend, reactivate and close them.',
  'transactions:read': 'See transactions.',
  'transactions:write': 'Spend: make purchases and withdrawals.',
  'transactions:credit': 'Bring money into wallets: make top-ups and refunds.',
  'transactions:review': 'Approve and reject held transactions.',
  'transactions:reverse': 'Undo completed transactions.',
  'fraud:read': 'See why transactions were flagged, alerts and fraud statistics.',
  'analytics:read': 'See the spending of a user.',
  'reports:read': 'See figures over all users.',
  'webhooks:manage': 'Make, change and delete webhook endpoints, and send again.',
  'keys:manage': 'Make, rotate and revoke API keys, with no scope that one does not have.',
  'audit:read': 'See who did what.',
};

export const ScopeEnum = Object.fromEntries(scopes.map((scope) => [scopeName(scope), scope]));
registerEnumType(ScopeEnum, {
  name: 'Scope',
  description: 'What a principal may be allowed to do.',
  valuesConfig: Object.fromEntries(
    scopes.map((scope) => [scopeName(scope), { description: scopeDescriptions[scope] }]),
  ),
});

function scopeName(scope: Scope): string {
  return scope.replace(':', '_').toUpperCase();
}
