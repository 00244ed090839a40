import type { EventRow } from '../events/event.js';
import type { ApiObserver } from '../graphql/observer.js';
import type { CommandObserver } from '../operations/command-observer.js';
import type { OnSend } from '../webhooks/worker.js';

/** All that the program tells of its work, as each layer declares it. */
export interface Observer extends ApiObserver, CommandObserver {
  /** Events are handed to whoever watches on this server. */
  readonly onPublished?: (events: readonly EventRow[]) => void;
  readonly onSend?: OnSend;
}

// biome-ignore lint/suspicious/noConfusingVoidType: what is told need not be answered by anything.
type Tell = (...told: never[]) => Tell | void;

/**
 * One observer that tells several; `undefined` when there is none to be told. Whatever fails while it measures is a fault
 * of its own: it never harms what is measured.
 */
export function combine(
  observers: readonly Observer[],
  onFault: (error: unknown) => void,
): Observer | undefined {
  if (observers.length === 0) return undefined;
  const tells = observers.flatMap((observer) => Object.entries(observer) as Array<[string, Tell]>);
  const byName = Map.groupBy(tells, ([name]) => name);
  return Object.fromEntries(
    [...byName].map(([name, named]) => [
      name,
      tellAll(
        named.map(([, tell]) => tell),
        onFault,
      ),
    ]),
  );
}

/** Tells all of them, and in the end also whatever they ask to be told later. */
function tellAll(tells: readonly Tell[], onFault: (error: unknown) => void): Tell {
  return (...told) => {
    const later: Tell[] = [];
    for (const tell of tells) {
      try {
        const next = tell(...told);
        if (next) later.push(next);
      } catch (error) {
        onFault(error);
      }
    }
    return tellAll(later, onFault);
  };
}
