import { InitialMigration } from './20261123000000-initial.js';
import { EventStreamsMigration } from './20261123010000-event-streams.js';
import { WebhooksMigration } from './20261124000000-webhooks.js';
import { ActivitySumsMigration } from './20261127000000-activity-sums.js';

/** In the order in which they run; a name, once released, is never changed. */
export const migrations = [
  { name: '20261123000000-initial', class: InitialMigration },
  { name: '20261123010000-event-streams', class: EventStreamsMigration },
  { name: '20261124000000-webhooks', class: WebhooksMigration },
  { name: '20261127000000-activity-sums', class: ActivitySumsMigration },
];
