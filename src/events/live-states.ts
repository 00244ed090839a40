import type { Hub } from './hub.js';
import { LiveState, type State, type StateSource } from './live-state.js';

/** The states that are watched on this server, each read once for all who watch it. */
export class LiveStates {
  readonly #states = new Map<string, LiveState<unknown>>();

  constructor(private readonly hub: Hub) {}

  /** The state under `key` as it is now, then whenever it has changed. Who is slow is told the newest only. */
  watch<T>(key: string, source: StateSource<T>): AsyncIterableIterator<State<T>> {
    let state: LiveState<T> | undefined;
    let least = 0;
    let left = false;
    const next = async (): Promise<IteratorResult<State<T>>> => {
      if (!state && !left) {
        state = this.#enter(key, source);
        least = state.enter();
      }
      const read = await state?.atLeast(least, () => left);
      if (!read) return { value: undefined, done: true };
      least = read.number + 1;
      return { value: read, done: false };
    };
    return {
      next,
      return: async () => {
        if (!left) {
          left = true;
          state?.leave();
        }
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #enter<T>(key: string, source: StateSource<T>): LiveState<T> {
    const known = this.#states.get(key) as LiveState<T> | undefined;
    if (known) return known;
    const state = new LiveState(this.hub, source, () => {
      if (this.#states.get(key) === state) this.#states.delete(key);
    });
    this.#states.set(key, state);
    return state;
  }
}
