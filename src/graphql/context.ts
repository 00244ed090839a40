import type { MikroORM } from '@mikro-orm/core';
import type { KeyDependencies } from '../access/change-key.js';
import type { Principal } from '../access/principal.js';
import type { AnalyticsSettings } from '../analytics/period.js';
import type { Clock } from '../clock.js';
import type { Hub } from '../events/hub.js';
import type { LiveStates } from '../events/live-states.js';
import type { CommitQueue } from '../operations/commit-queue.js';
import type { Settings } from '../operations/settings.js';
import type { WebhookDependencies } from '../webhooks/change-endpoint.js';
import { createLoaders, type Loaders } from './loaders.js';
import type { ApiObserver } from './observer.js';
import type { Outcome } from './outcome.js';

/** What the API stands on; made once, by the composition root. */
export interface Dependencies {
  readonly orm: MikroORM;
  readonly queue: CommitQueue;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly webhooks: WebhookDependencies;
  readonly apiKeys: KeyDependencies;
  readonly observer?: ApiObserver | undefined;
  readonly states: LiveStates;
  readonly analytics: AnalyticsSettings;
}

/** What every resolver is handed. */
export interface Context extends Dependencies {
  readonly principal: Principal;
  readonly requestId: string;
  /** What became of each mutation so far, in order; for the log. */
  readonly outcomes: Outcome[];
  /** One set per request and per event, so that nothing is read twice and nothing is stale. */
  loaders: Loaders;
}

export function createContext(dependencies: Dependencies, principal: Principal, requestId: string): Context {
  const loaders = createLoaders(dependencies.orm, principal);
  return { ...dependencies, principal, requestId, outcomes: [], loaders };
}

/** The same caller with nothing loaded yet: after a change, or for the next event of a stream. */
export function refreshed(context: Context): Context {
  return { ...context, loaders: createLoaders(context.orm, context.principal) };
}
