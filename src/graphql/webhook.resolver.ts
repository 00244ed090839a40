import { Arg, Args, Authorized, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { isId } from '../ids.js';
import { endpointNotFound } from '../webhooks/endpoint.js';
import { findDelivery, findEndpoint, listDeliveries, listEndpoints } from '../webhooks/list-deliveries.js';
import type { Context } from './context.js';
import { badUserInput } from './errors.js';
import { PAGE_DEFAULT, PAGE_MAX } from './page-size.js';
import { WebhookDeliveryPageArgs } from './webhook.input.js';
import { WebhookDeliveryConnectionType, WebhookDeliveryType, WebhookEndpointType } from './webhook.type.js';

@Resolver()
export class WebhookResolver {
  @Authorized<Scope>('webhooks:manage')
  @Query(() => [WebhookEndpointType], { description: 'All webhook endpoints, oldest first.' })
  async webhookEndpoints(@Ctx() { orm }: Context): Promise<WebhookEndpointType[]> {
    const rows = await listEndpoints(orm.em);
    return rows.map((row) => new WebhookEndpointType(row));
  }

  @Authorized<Scope>('webhooks:manage')
  @Query(() => WebhookEndpointType, {
    nullable: true,
    description: 'One webhook endpoint; null when there is none.',
  })
  async webhookEndpoint(
    @Ctx() { orm }: Context,
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
  ): Promise<WebhookEndpointType | null> {
    const row = await findEndpoint(orm.em, id);
    return row && new WebhookEndpointType(row);
  }

  @Authorized<Scope>('webhooks:manage')
  @Query(() => WebhookDeliveryType, {
    nullable: true,
    description: 'One webhook delivery; null when there is none, or no longer.',
  })
  async webhookDelivery(
    @Ctx() { orm }: Context,
    @Arg('id', () => ID, { description: 'Its id: the `webhook-id`.' }) id: string,
  ): Promise<WebhookDeliveryType | null> {
    const row = await findDelivery(orm.em, id);
    return row && new WebhookDeliveryType(row);
  }

  @Authorized<Scope>('webhooks:manage')
  @Query(() => WebhookDeliveryConnectionType, {
    description:
      'Deliveries to an endpoint, newest first, by page. Delivered ones are kept for 30 days by default.',
  })
  async webhookDeliveries(
    @Ctx() { orm }: Context,
    @Args(() => WebhookDeliveryPageArgs) args: WebhookDeliveryPageArgs,
  ): Promise<WebhookDeliveryConnectionType> {
    const count = args.first ?? PAGE_DEFAULT;
    if (count < 1 || count > PAGE_MAX) throw badUserInput(`first must be from 1 to ${PAGE_MAX}.`, ['first']);
    const after = args.after == null ? undefined : readPlace(args.after);
    const endpoint = await findEndpoint(orm.em, args.endpointId);
    if (!endpoint) throw endpointNotFound(args.endpointId, ['endpointId']);
    const { rows, more } = await listDeliveries(orm.em, endpoint.id, args.status ?? [], after, count);
    const edges = rows.map((row) => ({ cursor: writePlace(row.id), node: new WebhookDeliveryType(row) }));
    const pageInfo = {
      hasNextPage: more,
      hasPreviousPage: after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    };
    return { edges, nodes: edges.map(({ node }) => node), pageInfo };
  }
}

function writePlace(id: string): string {
  return Buffer.from(`d1:${id}`).toString('base64url');
}

function readPlace(cursor: string): string {
  const [version, id = ''] = Buffer.from(cursor, 'base64url').toString().split(':');
  if (version !== 'd1' || !isId(id)) throw badUserInput('after is not a cursor of this list.', ['after']);
  return id;
}
