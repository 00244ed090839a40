import { formatAmount } from '../../money/amount.js';
import { defineRule } from '../rule.js';

export const highValue = defineRule({
  flag: 'HIGH_VALUE',
  description: 'A large amount: the equivalent of more than 10,000 MYR, by default.',
  settings: {
    threshold: { variable: 'FRAUD_HIGH_VALUE_THRESHOLD', kind: 'money', default: '10000' },
    points: { variable: 'FRAUD_HIGH_VALUE_POINTS', kind: 'count', default: '20' },
  },
  reach: () => ({}),
  check: ({ baseAmount, baseCurrency }, _history, { threshold }) => {
    if (baseAmount <= threshold) return undefined;
    const limit = formatAmount({ minor: threshold, currency: baseCurrency });
    return {
      reason: `The equivalent of more than ${limit}.`,
      observed: formatAmount({ minor: baseAmount, currency: baseCurrency }),
      threshold: `more than ${limit}`,
    };
  },
});
