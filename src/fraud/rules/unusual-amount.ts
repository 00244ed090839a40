import { formatAmount, formatMinor } from '../../money/amount.js';
import { defineRule, formatSeconds } from '../rule.js';

const SECONDS_PER_DAY = 86_400;
const FACTOR_EXPONENT = 2;

export const unusualAmount = defineRule({
  flag: 'UNUSUAL_AMOUNT',
  description:
    "More than 3 times the average of the user's completed transactions of the same direction in the last 30 days, by default; no history, no flag.",
  settings: {
    factorHundredths: { variable: 'FRAUD_UNUSUAL_AMOUNT_FACTOR', kind: 'factor', default: '3' },
    windowDays: { variable: 'FRAUD_UNUSUAL_AMOUNT_WINDOW_DAYS', kind: 'count', default: '30' },
    points: { variable: 'FRAUD_UNUSUAL_AMOUNT_POINTS', kind: 'count', default: '20' },
  },
  reach: ({ windowDays }) => ({ historySeconds: windowDays * SECONDS_PER_DAY }),
  check: ({ direction, baseAmount, baseCurrency }, history, { factorHundredths, windowDays }) => {
    const { count, total } = history.completed[direction];
    // Multiplied out, so that nothing is divided and nothing rounded: amount > factor × total ÷ count.
    if (count === 0n || baseAmount * count * 100n <= factorHundredths * total) return undefined;
    const factor = formatMinor(factorHundredths, FACTOR_EXPONENT).replace(/\.?0+$/, '');
    const average = formatAmount({ minor: total / count, currency: baseCurrency });
    const span = formatSeconds(windowDays * SECONDS_PER_DAY);
    return {
      reason: `More than ${factor} times the average ${direction} of the last ${span}.`,
      observed: formatAmount({ minor: baseAmount, currency: baseCurrency }),
      threshold: `more than ${factor} × ${average}, the average of ${count} in ${span}`,
    };
  },
});
