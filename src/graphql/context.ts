import type { MikroORM } from '@mikro-orm/core';
import type { Clock } from '../clock.js';
import type { Hub } from '../events/hub.js';
import type { LiveStates } from '../events/live-states.js';
import type { CommitQueue } from '../operations/commit-queue.js';
import type { Settings } from '../operations/settings.js';
import type { WebhookDependencies } from '../webhooks/change-endpoint.js';
import type { Principal } from './authentication.js';
import { createLoaders, type Loaders } from './loaders.js';

/** What the API stands on; made once, by the composition root. */
export interface Dependencies {
  readonly orm: MikroORM;
  readonly queue: CommitQueue;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly webhooks: WebhookDependencies;
  readonly states: LiveStates;
  readonly analytics: { readonly rangeDaysMax: number };
}

/** What every resolver is handed. */
export interface Context extends Dependencies {
  readonly principal: Principal;
  readonly requestId: string;
  /** One set per request and per event, so that nothing is read twice and nothing is stale. */
  loaders: Loaders;
}

export function createContext(dependencies: Dependencies, principal: Principal, requestId: string): Context {
  return { ...dependencies, principal, requestId, loaders: createLoaders(dependencies.orm) };
}

/** The same caller with nothing loaded yet: after a change, or for the next event of a stream. */
export function refreshed(context: Context): Context {
  return { ...context, loaders: createLoaders(context.orm) };
}
