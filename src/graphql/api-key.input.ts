import { Field, ID, InputType, Int } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { ScopeEnum } from './access.enums.js';
import { DateTime } from './scalars.js';

@InputType('CreateApiKeyInput', { description: 'A new API key.' })
export class CreateApiKeyInputType {
  @Field(() => String, { description: 'What it is for; 1–100 characters.' })
  name!: string;

  @Field(() => [ScopeEnum], { description: 'What it allows; nothing that you may not do yourself.' })
  scopes!: Scope[];

  @Field(() => DateTime, { nullable: true, description: 'When it ends; never, when omitted.' })
  expiresAt?: Date | null;
}

@InputType('RotateApiKeyInput', { description: 'A key that gets a new secret.' })
export class RotateApiKeyInputType {
  @Field(() => ID, { description: 'Which.' })
  id!: string;

  @Field(() => Int, {
    defaultValue: 24,
    description: 'For how many hours the old one is recognised as well: 0–168.',
  })
  overlapHours!: number;
}

@InputType('RevokeApiKeyInput', { description: 'A key that is to end.' })
export class RevokeApiKeyInputType {
  @Field(() => ID, { description: 'Which.' })
  id!: string;
}
