import { Arg, Authorized, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { createKey, type MadeKey, revokeKey, rotateKey } from '../access/change-key.js';
import { findKey, listKeys } from '../access/list-keys.js';
import type { Scope } from '../access/scopes.js';
import { CreateApiKeyInputType, RevokeApiKeyInputType, RotateApiKeyInputType } from './api-key.input.js';
import { ApiKeyPayload, ApiKeySecretPayload, ApiKeyType, PrincipalType } from './api-key.type.js';
import type { Context } from './context.js';
import { answer } from './submit.js';

const INPUT = 'What is asked.';

@Resolver()
export class ApiKeyResolver {
  @Authorized()
  @Query(() => PrincipalType, {
    description: 'Who asks: what the credentials that came with this stand for.',
  })
  viewer(@Ctx() { principal }: Context): PrincipalType {
    return new PrincipalType(principal);
  }

  @Authorized<Scope>('keys:manage')
  @Query(() => [ApiKeyType], { description: 'The API keys that are not revoked, oldest first.' })
  async apiKeys(@Ctx() { orm }: Context): Promise<ApiKeyType[]> {
    const rows = await listKeys(orm.em);
    return rows.map((row) => new ApiKeyType(row));
  }

  @Authorized<Scope>('keys:manage')
  @Query(() => ApiKeyType, {
    nullable: true,
    description: 'One API key, revoked or not; null when there is none.',
  })
  async apiKey(
    @Ctx() { orm }: Context,
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
  ): Promise<ApiKeyType | null> {
    const row = await findKey(orm.em, id);
    return row && new ApiKeyType(row);
  }

  @Authorized<Scope>('keys:manage')
  @Mutation(() => ApiKeySecretPayload, {
    description:
      'Makes an API key, told once, here. Other servers on the same database know it within two seconds.',
  })
  createApiKey(
    @Ctx() { apiKeys, principal }: Context,
    @Arg('input', () => CreateApiKeyInputType, { description: INPUT }) input: CreateApiKeyInputType,
  ): Promise<ApiKeySecretPayload> {
    return answer(new ApiKeySecretPayload(), createKey(apiKeys, input, principal), tellMade);
  }

  @Authorized<Scope>('keys:manage')
  @Mutation(() => ApiKeySecretPayload, {
    description: 'Replaces an API key by a new one, told once, here. For a while both are recognised.',
  })
  rotateApiKey(
    @Ctx() { apiKeys, principal }: Context,
    @Arg('input', () => RotateApiKeyInputType, { description: INPUT }) input: RotateApiKeyInputType,
  ): Promise<ApiKeySecretPayload> {
    const made = rotateKey(apiKeys, input.id, input.overlapHours, principal);
    return answer(new ApiKeySecretPayload(), made, tellMade);
  }

  @Authorized<Scope>('keys:manage')
  @Mutation(() => ApiKeyPayload, {
    description:
      'Ends an API key for good. Requests with it are refused, and its open subscriptions end within 30 seconds.',
  })
  revokeApiKey(
    @Ctx() { apiKeys, principal }: Context,
    @Arg('input', () => RevokeApiKeyInputType, { description: INPUT }) input: RevokeApiKeyInputType,
  ): Promise<ApiKeyPayload> {
    const revoked = revokeKey(apiKeys, input.id, principal);
    return answer(new ApiKeyPayload(), revoked, (payload, row) => {
      payload.apiKey = new ApiKeyType(row);
    });
  }
}

function tellMade(payload: ApiKeySecretPayload, { apiKey, key }: MadeKey): void {
  payload.apiKey = new ApiKeyType(apiKey);
  payload.key = key;
}
