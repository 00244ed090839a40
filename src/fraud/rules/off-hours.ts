import { localHour } from '../../local-time.js';
import { defineRule } from '../rule.js';

export const offHours = defineRule({
  flag: 'OFF_HOURS',
  description: "At night in the user's time zone: at or after 23:00 or before 05:00, by default.",
  settings: {
    startHour: { variable: 'FRAUD_OFF_HOURS_START', kind: 'hour', default: '23' },
    endHour: { variable: 'FRAUD_OFF_HOURS_END', kind: 'hour', default: '5' },
    points: { variable: 'FRAUD_OFF_HOURS_POINTS', kind: 'count', default: '20' },
  },
  reach: () => ({}),
  check: ({ at, timeZone }, _history, { startHour, endHour }) => {
    const hour = localHour(at, timeZone);
    const night =
      startHour <= endHour ? hour >= startHour && hour < endHour : hour >= startHour || hour < endHour;
    if (!night) return undefined;
    const span = `from ${formatHour(startHour)} to ${formatHour(endHour)}`;
    return {
      reason: `Made at night in ${timeZone}.`,
      observed: `hour ${formatHour(hour)} in ${timeZone}`,
      threshold: span,
    };
  },
});

function formatHour(hour: number): string {
  return `${String(hour).padStart(2, '0')}:00`;
}
