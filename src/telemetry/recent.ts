const KEPT_MAX = 10_000;

/** What is remembered of the newest places in the log; the oldest makes room. */
export class Recent<Value> {
  readonly #values = new Map<number, Value>();

  set(position: number, value: Value): void {
    this.#values.set(position, value);
    if (this.#values.size <= KEPT_MAX) return;
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest);
      return;
    }
  }

  get(position: number): Value | undefined {
    return this.#values.get(position);
  }

  take(position: number): Value | undefined {
    const value = this.#values.get(position);
    this.#values.delete(position);
    return value;
  }
}
