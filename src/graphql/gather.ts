/** How many reads are under way at the same time; whoever asks meanwhile is in the next one. */
const READS_MAX = 2;

interface Waiting<K, V> {
  readonly key: K;
  readonly resolve: (value: V) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads for whoever asks at about the same time with one query, whichever requests they come from. Nothing is remembered:
 * every read begins after whoever asked for it.
 */
export function gather<K, V>(read: (keys: readonly K[]) => Promise<readonly V[]>): (key: K) => Promise<V> {
  let waiting: Array<Waiting<K, V>> = [];
  let reads = 0;
  const run = async () => {
    // Requests that arrived together are read in one turn of the event loop: let them all in first.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const asked = waiting;
      waiting = [];
      try {
        const values = await read(asked.map(({ key }) => key));
        for (const [index, { resolve }] of asked.entries()) resolve(values[index] as V);
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    reads -= 1;
  };
  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      if (reads === READS_MAX) return;
      reads += 1;
      void run();
    });
}
