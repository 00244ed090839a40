import { InitialMigration } from './20261123000000-initial.js';
import { EventStreamsMigration } from './20261123010000-event-streams.js';
import { WebhooksMigration } from './20261124000000-webhooks.js';
import { RateLimitsMigration } from './20261124020000-rate-limits.js';
import { HeldTransactionsMigration } from './20261125000000-held-transactions.js';
import { ApiKeysMigration } from './20261125010000-api-keys.js';
import { RollupsMigration } from './20261126000000-rollups.js';
import { SpendingMigration } from './20261126000000-spending.js';
import { ActivitySumsMigration } from './20261127000000-activity-sums.js';

/** In the order in which they run; a name, once released, is never changed. */
export const migrations = [
  { name: '20261123000000-initial', class: InitialMigration },
  { name: '20261123010000-event-streams', class: EventStreamsMigration },
  { name: '20261124000000-webhooks', class: WebhooksMigration },
  { name: '20261124020000-rate-limits', class: RateLimitsMigration },
  { name: '20261125000000-held-transactions', class: HeldTransactionsMigration },
  { name: '20261125010000-api-keys', class: ApiKeysMigration },
  { name: '20261126000000-rollups', class: RollupsMigration },
  { name: '20261126000000-spending', class: SpendingMigration },
  { name: '20261127000000-activity-sums', class: ActivitySumsMigration },
];
