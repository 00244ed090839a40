import { Arg, Authorized, Ctx, Field, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { readCursor, writeCursor } from '../events/cursor.js';
import type { EventRow, EventType } from '../events/event.js';
import { type Payload, readPayload } from '../events/payload.js';
import { listActions } from '../queries/list-actions.js';
import { PageInfoType } from './connection.type.js';
import type { Context } from './context.js';
import { WebhookEventTypeEnum } from './enums.js';
import { badUserInput } from './errors.js';
import { DateTime, EventCursor } from './scalars.js';

const PAGE_MAX = 100;

@Authorized<Scope>('audit:read')
@ObjectType('Action', { description: 'Something that somebody did besides moving money.' })
export class ActionType {
  readonly #payload: Payload;

  constructor(private readonly row: EventRow) {
    this.#payload = readPayload(row.payload);
  }

  @Field(() => EventCursor, { description: 'Its place in the event log.' })
  get cursor(): string {
    return writeCursor(this.row);
  }

  @Field(() => WebhookEventTypeEnum, { description: 'What was done.' })
  get type(): EventType {
    return this.row.type;
  }

  @Field(() => String, {
    nullable: true,
    description: 'By whom: the `id` of a principal; null when the server did it by itself.',
  })
  get actor(): string | null {
    return this.#payload.actor ?? null;
  }

  @Field(() => String, { nullable: true, description: 'Why, where a reason or note was given.' })
  get reason(): string | null {
    const { reason, transaction } = this.#payload;
    if (reason || !transaction) return reason ?? null;
    return this.row.type === 'TRANSACTION_REVERSED' ? transaction.reversalReason : transaction.reviewNote;
  }

  @Field(() => ID, { nullable: true, description: 'The user whom it is about.' })
  get userId(): string | null {
    return this.row.userId;
  }

  @Field(() => ID, { nullable: true, description: 'The transaction that it is about.' })
  get transactionId(): string | null {
    return this.row.transactionId;
  }

  @Field(() => ID, { nullable: true, description: 'The webhook endpoint that it is about.' })
  get webhookEndpointId(): string | null {
    return this.#payload.webhookEndpoint?.id ?? null;
  }

  @Field(() => ID, { nullable: true, description: 'The API key that it is about.' })
  get apiKeyId(): string | null {
    return this.#payload.apiKey?.id ?? null;
  }

  @Field(() => DateTime, { description: 'When.' })
  get occurredAt(): Date {
    return this.row.occurredAt;
  }
}

@Authorized<Scope>('audit:read')
@ObjectType('ActionConnection', { description: 'A page of actions, newest first.' })
export class ActionConnectionType {
  @Field(() => [ActionType], { description: 'The actions.' })
  readonly nodes!: readonly ActionType[];

  @Field(() => PageInfoType, { description: 'Where the page stands.' })
  readonly pageInfo!: PageInfoType;
}

@Resolver()
export class AuditLogResolver {
  @Authorized<Scope>('audit:read')
  @Query(() => ActionConnectionType, {
    description:
      'Who did what, newest first: users made and changed, reviews, reversals, webhook endpoints and API keys.',
  })
  async auditLog(
    @Ctx() { orm }: Context,
    @Arg('first', () => Int, { defaultValue: 50, description: 'So many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'After this cursor.' }) after?: string,
  ): Promise<ActionConnectionType> {
    if (first < 1 || first > PAGE_MAX) throw badUserInput(`first must be from 1 to ${PAGE_MAX}.`, ['first']);
    const before = after == null ? undefined : readCursor(after)?.position;
    if (after != null && before === undefined)
      throw badUserInput('after is not a cursor of this list.', ['after']);
    const rows = await listActions(orm.em, before, first + 1);
    const nodes = rows.slice(0, first).map((row) => new ActionType(row));
    const pageInfo = {
      hasNextPage: rows.length > first,
      hasPreviousPage: after != null,
      startCursor: nodes[0]?.cursor ?? null,
      endCursor: nodes.at(-1)?.cursor ?? null,
    };
    return { nodes, pageInfo };
  }
}
