import { Answers } from './answers.js';
import type { EventRow } from './event.js';
import { type Payload, readPayload } from './payload.js';

/** An event as subscribers get it: its payload read once, and each answer to it made once, for all who share it. */
export class PublishedEvent extends Answers {
  #payload: Payload | undefined;

  constructor(readonly row: EventRow) {
    super();
  }

  get payload(): Payload {
    this.#payload ??= readPayload(this.row.payload);
    return this.#payload;
  }
}
