/** What an operator sets about webhooks. */
export interface WebhookSettings {
  /** Send to private addresses and over plain HTTP too: for development and tests. */
  readonly allowPrivate: boolean;
  /** How long one attempt may take, from resolving the name to the end of the answer. */
  readonly timeoutMs: number;
  /** How many attempts this server makes at the same time to one endpoint. */
  readonly concurrency: number;
  /** How often the worker looks for what has become due. */
  readonly pollIntervalMs: number;
  /** How long after its first attempt a delivery is given up. */
  readonly retryHorizonMs: number;
  readonly endpointsMax: number;
  /** How long a delivery is kept after it was delivered. */
  readonly retentionMs: number;
}
