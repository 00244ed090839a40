import { until } from './processes.js';
import { type Subscriber, subscribe, type Told } from './subscriber.js';

/** A client as it should be: it keeps the newest cursor, and when its socket breaks it goes on from there. */
export class Follower {
  /** Everything that was received, over all connections. */
  readonly received: Told[] = [];
  reconnects = -1;
  #cursor: string | undefined;
  #subscriber: Subscriber | undefined;
  #taken = 0;
  #stopped = false;
  #running: Promise<void>;

  constructor(
    private readonly pickServer: () => string,
    private readonly name: 'balanceUpdated' | 'fraudFlagged' | 'transactionUpdated',
    private readonly variables: Record<string, unknown>,
    cursor?: string,
  ) {
    this.#cursor = cursor;
    this.#running = this.#run();
  }

  cut(): void {
    this.#subscriber?.cut();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#subscriber?.stop();
    await this.#running;
  }

  #take(): void {
    const told = this.#subscriber?.told ?? [];
    for (; this.#taken < told.length; this.#taken += 1) {
      const one = told[this.#taken] as Told;
      this.#cursor = one.cursor;
      this.received.push(one);
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.reconnects += 1;
      this.#taken = 0;
      const subscriber = subscribe(this.pickServer(), this.name, { ...this.variables, after: this.#cursor });
      this.#subscriber = subscriber;
      await until(
        () => {
          this.#take();
          return subscriber.ended || subscriber.closeCode !== undefined || this.#stopped;
        },
        'the end of a subscription',
        120_000,
      );
      this.#take();
      await subscriber.stop();
    }
  }
}
