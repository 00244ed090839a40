import { defineRule, formatSeconds } from '../rule.js';

export const possibleDuplicate = defineRule({
  flag: 'POSSIBLE_DUPLICATE',
  description: 'Another one with the same type, amount, currency and merchant within 5 minutes, by default.',
  settings: {
    windowSeconds: { variable: 'FRAUD_DUPLICATE_WINDOW_SECONDS', kind: 'count', default: '300' },
    points: { variable: 'FRAUD_DUPLICATE_POINTS', kind: 'count', default: '0' },
  },
  reach: ({ windowSeconds }) => ({ sameSeconds: windowSeconds }),
  check: ({ at }, { sameAt }, { windowSeconds }) => {
    if (sameAt === undefined || sameAt <= at.getTime() - windowSeconds * 1000) return undefined;
    const seconds = Math.floor((at.getTime() - sameAt) / 1000);
    return {
      reason: 'One just like it was made shortly before.',
      observed: `the same ${seconds} s earlier`,
      threshold: `within ${formatSeconds(windowSeconds)}`,
    };
  },
});
