import { Authorized, Field, ID, ObjectType } from 'type-graphql';
import type { ApiKey } from '../access/api-key.js';
import type { Principal } from '../access/principal.js';
import type { PrincipalKind, Scope } from '../access/scopes.js';
import { PrincipalKindEnum, ScopeEnum } from './access.enums.js';
import { Payload } from './payload.type.js';
import { DateTime } from './scalars.js';

@Authorized()
@ObjectType('Principal', { description: 'Who asks, and what they may do.' })
export class PrincipalType {
  constructor(private readonly principal: Principal) {}

  @Field(() => String, { description: 'The name that logs and events know them by.' })
  get id(): string {
    return this.principal.id;
  }

  @Field(() => PrincipalKindEnum, { description: 'What kind of caller they are.' })
  get kind(): PrincipalKind {
    return this.principal.kind;
  }

  @Field(() => [ScopeEnum], { description: 'What they may do.' })
  get scopes(): readonly Scope[] {
    return [...this.principal.scopes];
  }

  @Field(() => ID, { nullable: true, description: 'The only user whom they see; null when they see all.' })
  get userId(): string | null {
    return this.principal.ownUserId ?? null;
  }

  @Field(() => DateTime, {
    nullable: true,
    description: 'When their credential ends; null when it does not.',
  })
  get expiresAt(): Date | null {
    return this.principal.expiresAt ?? null;
  }
}

@Authorized<Scope>('keys:manage')
@ObjectType('ApiKey', { description: 'What a backend is recognised by; the key itself is kept nowhere.' })
export class ApiKeyType {
  constructor(private readonly row: ApiKey) {}

  @Field(() => ID, { description: 'Its id; logs and events know its user as `key:<id>`.' })
  get id(): string {
    return this.row.id;
  }

  @Field(() => String, { description: 'What it is for.' })
  get name(): string {
    return this.row.name;
  }

  @Field(() => [ScopeEnum], { description: 'What it allows.' })
  get scopes(): readonly Scope[] {
    return this.row.scopes;
  }

  @Field(() => DateTime, { nullable: true, description: 'When it ends; null when it does not.' })
  get expiresAt(): Date | null {
    return this.row.expiresAt;
  }

  @Field(() => DateTime, {
    nullable: true,
    description: 'Until when the key before the last rotation is recognised as well.',
  })
  get previousExpiresAt(): Date | null {
    return this.row.previousExpiresAt;
  }

  @Field(() => DateTime, { nullable: true, description: 'When it was revoked.' })
  get revokedAt(): Date | null {
    return this.row.revokedAt;
  }

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was last used, to the minute; null when never.',
  })
  get lastUsedAt(): Date | null {
    return this.row.lastUsedAt;
  }

  @Field(() => String, { description: 'Who made it.' })
  get createdBy(): string {
    return this.row.createdBy;
  }

  @Field(() => DateTime, { description: 'When it was made.' })
  get createdAt(): Date {
    return this.row.createdAt;
  }

  @Field(() => DateTime, { description: 'When it was last changed.' })
  get updatedAt(): Date {
    return this.row.updatedAt;
  }
}

@Authorized<Scope>('keys:manage')
@ObjectType('ApiKeyPayload', { description: 'What became of a change of an API key.' })
export class ApiKeyPayload extends Payload {
  @Field(() => ApiKeyType, { nullable: true, description: 'The key as it is now.' })
  apiKey: ApiKeyType | null = null;
}

@Authorized<Scope>('keys:manage')
@ObjectType('ApiKeySecretPayload', { description: 'What became of a mutation that makes a key.' })
export class ApiKeySecretPayload extends Payload {
  @Field(() => ApiKeyType, { nullable: true, description: 'The key as it is kept.' })
  apiKey: ApiKeyType | null = null;

  @Field(() => String, {
    nullable: true,
    description: 'The key itself, `dompet_…`. Keep it safe: it is told here and never again.',
  })
  key: string | null = null;
}
