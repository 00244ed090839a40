import { defineRule } from '../rule.js';
import { checkVelocity } from '../velocity.js';

export const highVelocity = defineRule({
  flag: 'HIGH_VELOCITY',
  description:
    'Many transactions in a short time: more than 5 earlier ones in the last 10 minutes, by default.',
  settings: {
    threshold: { variable: 'FRAUD_VELOCITY_THRESHOLD', kind: 'count', default: '5' },
    windowSeconds: { variable: 'FRAUD_VELOCITY_WINDOW_SECONDS', kind: 'count', default: '600' },
    points: { variable: 'FRAUD_VELOCITY_POINTS', kind: 'count', default: '20' },
  },
  reach: ({ threshold }) => ({ newest: threshold + 1 }),
  check: checkVelocity,
});
