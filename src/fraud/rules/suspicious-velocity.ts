import { defineRule } from '../rule.js';
import { checkVelocity } from '../velocity.js';

export const suspiciousVelocity = defineRule({
  flag: 'SUSPICIOUS_VELOCITY',
  description: 'Many transactions for a while: more than 10 earlier ones in the last hour, by default.',
  settings: {
    threshold: { variable: 'FRAUD_SUSPICIOUS_VELOCITY_THRESHOLD', kind: 'count', default: '10' },
    windowSeconds: { variable: 'FRAUD_SUSPICIOUS_VELOCITY_WINDOW_SECONDS', kind: 'count', default: '3600' },
    points: { variable: 'FRAUD_SUSPICIOUS_VELOCITY_POINTS', kind: 'count', default: '20' },
  },
  reach: ({ threshold }) => ({ newest: threshold + 1 }),
  check: checkVelocity,
});
