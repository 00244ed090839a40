import { AsyncLocalStorage } from 'node:async_hooks';

/** What belongs to the request that is being served, wherever its thread of calls has got to. */
export const requestScope = new AsyncLocalStorage<{ readonly requestId: string }>();

export function currentRequestId(): string {
  return requestScope.getStore()?.requestId ?? '';
}
