import type { TestApp } from './app.js';

const ENDPOINT =
  'id url description eventTypes status pausedReason previousSecretExpiresAt createdAt updatedAt';
const DELIVERY = `id endpointId eventType body status attemptCount attempts { at statusCode durationMs error }
  nextAttemptAt lastResponse deliveredAt createdAt`;

const results: Readonly<Record<string, readonly [input: string, fields: string]>> = {
  createWebhookEndpoint: ['CreateWebhookEndpointInput', `webhookEndpoint { ${ENDPOINT} } secret`],
  updateWebhookEndpoint: ['UpdateWebhookEndpointInput', `webhookEndpoint { ${ENDPOINT} }`],
  pauseWebhookEndpoint: ['WebhookEndpointInput', `webhookEndpoint { ${ENDPOINT} }`],
  resumeWebhookEndpoint: ['WebhookEndpointInput', `webhookEndpoint { ${ENDPOINT} }`],
  deleteWebhookEndpoint: ['WebhookEndpointInput', 'deletedId'],
  rotateWebhookSecret: ['RotateWebhookSecretInput', `webhookEndpoint { ${ENDPOINT} } secret`],
  sendTestEvent: ['SendTestEventInput', `webhookDelivery { ${DELIVERY} }`],
  redeliver: ['RedeliverInput', `webhookDelivery { ${DELIVERY} }`],
  replayWebhook: ['ReplayWebhookInput', `webhookEndpoint { ${ENDPOINT} }`],
};

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape it asked for.
type Json = any;

/** The webhook part of the API, and what makes events, as tests call them. */
export class WebhookApi {
  #keys = 0;

  constructor(
    private readonly test: Pick<TestApp, 'graphql'>,
    private readonly name = 'webhook',
  ) {}

  /** A mutation's whole payload. */
  async mutate(name: string, input: object): Promise<Json> {
    const [type, fields] = results[name] ?? ['', ''];
    const document = `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} userErrors { code message path } } }`;
    return this.#ask(document, { input }).then((data) => data[name]);
  }

  async create(
    url: string,
    eventTypes: readonly string[] = ['TRANSACTION_CREATED'],
    description: string | null = null,
  ): Promise<{ readonly endpoint: Json; readonly secret: string }> {
    const payload = await this.mutate('createWebhookEndpoint', { url, eventTypes, description });
    if (payload.userErrors.length > 0) throw new Error(payload.userErrors[0].message);
    return { endpoint: payload.webhookEndpoint, secret: payload.secret };
  }

  async endpoints(): Promise<Json[]> {
    return (await this.#ask(`{ webhookEndpoints { ${ENDPOINT} } }`)).webhookEndpoints;
  }

  async endpoint(id: string): Promise<Json> {
    return (await this.#ask(`{ webhookEndpoint(id: "${id}") { ${ENDPOINT} } }`)).webhookEndpoint;
  }

  async delivery(id: string): Promise<Json> {
    return (await this.#ask(`{ webhookDelivery(id: "${id}") { ${DELIVERY} } }`)).webhookDelivery;
  }

  /** The deliveries to an endpoint, or to the only one there is, newest first. */
  async deliveries(endpointId?: string, status: readonly string[] = []): Promise<Json[]> {
    const id = endpointId ?? (await this.endpoints())[0]?.id;
    const args = `endpointId: "${id}", status: [${status.join(' ')}], first: 100`;
    return (await this.#ask(`{ webhookDeliveries(${args}) { nodes { ${DELIVERY} } } }`)).webhookDeliveries
      .nodes;
  }

  async deleteAll(): Promise<void> {
    for (const { id } of await this.endpoints()) await this.mutate('deleteWebhookEndpoint', { id });
  }

  /** Makes an event; returns the transaction's id. */
  async topUp(userId: string, amount: string, currency = 'MYR'): Promise<string> {
    this.#keys += 1;
    const input = {
      userId,
      type: 'TOP_UP',
      amount: { amount, currency },
      idempotencyKey: `${this.name}-${this.#keys}`,
    };
    const document = `mutation ($input: CreateTransactionInput!) {
      createTransaction(input: $input) { transaction { id } userErrors { message } } }`;
    const { createTransaction } = await this.#ask(document, { input });
    return createTransaction.transaction.id;
  }

  async createUser(id: string): Promise<void> {
    await this.#ask(
      `mutation { createUser(input: { id: "${id}", email: "${id}@example.com", fullName: "A walker", currency: "MYR" }) {
        userErrors { message } } }`,
    );
  }

  async changeStatus(userId: string, status: string): Promise<void> {
    await this.#ask(
      `mutation { changeUserStatus(input: { userId: "${userId}", status: ${status} }) { userErrors { message } } }`,
    );
  }

  async #ask(document: string, variables?: Record<string, unknown>): Promise<Json> {
    const { data, errors } = await this.test.graphql(document, variables);
    if (errors[0]) throw new Error(errors[0].message);
    return data;
  }
}
