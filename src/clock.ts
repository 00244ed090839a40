/** Where the present comes from. Only edges read it; a decision is handed its instant. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
