/** What a principal may be allowed to do, one word for each kind of thing. */
export const scopes = [
  'users:read',
  'users:write',
  'transactions:read',
  'transactions:write',
  'transactions:credit',
  'transactions:review',
  'transactions:reverse',
  'fraud:read',
  'analytics:read',
  'reports:read',
  'webhooks:manage',
  'keys:manage',
  'audit:read',
] as const;
export type Scope = (typeof scopes)[number];

export const principalKinds = ['SERVICE', 'CUSTOMER', 'ANALYST', 'ADMIN'] as const;
export type PrincipalKind = (typeof principalKinds)[number];

/** What people may do, by their role; what a service may do is written on its key. */
export const roleScopes = {
  CUSTOMER: ['users:read', 'transactions:read', 'transactions:write', 'analytics:read'],
  ANALYST: [
    'users:read',
    'transactions:read',
    'transactions:review',
    'fraud:read',
    'analytics:read',
    'reports:read',
  ],
  ADMIN: scopes,
} as const satisfies Record<Exclude<PrincipalKind, 'SERVICE'>, readonly Scope[]>;
