import { countWithin, type Evidence, formatSeconds, type History, type Subject } from './rule.js';

interface VelocitySettings {
  readonly threshold: number;
  readonly windowSeconds: number;
}

/** More than `threshold` earlier transactions within the window; it needs no more than the newest `threshold + 1`. */
export function checkVelocity(
  subject: Subject,
  history: History,
  settings: VelocitySettings,
): Evidence | undefined {
  const { threshold, windowSeconds } = settings;
  const seen = countWithin(history.newest.slice(0, threshold + 1), subject.at, windowSeconds);
  if (seen <= threshold) return undefined;
  const span = formatSeconds(windowSeconds);
  return {
    reason: `More than ${threshold} earlier transactions in the last ${span}.`,
    observed: `at least ${seen} earlier transactions in ${span}`,
    threshold: `more than ${threshold} in ${span}`,
  };
}
