import type { EventRow } from './event.js';
import { type Payload, readPayload } from './payload.js';

/** An event as subscribers get it: its payload read once, and each answer to it made once, for all who share it. */
export class PublishedEvent {
  #payload: Payload | undefined;
  readonly #answers = new Map<string, Promise<string>>();

  constructor(readonly row: EventRow) {}

  get payload(): Payload {
    this.#payload ??= readPayload(this.row.payload);
    return this.#payload;
  }

  /** What is told of this event to everybody who asks under the same key. */
  answer(key: string, make: () => Promise<string>): Promise<string> {
    let answer = this.#answers.get(key);
    if (!answer) {
      answer = make();
      this.#answers.set(key, answer);
    }
    return answer;
  }
}
