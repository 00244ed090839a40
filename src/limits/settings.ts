/** What kinds of operations are limited apart from each other. */
export const operationClasses = ['reads', 'money', 'subscriptions', 'administration'] as const;

export type OperationClass = (typeof operationClasses)[number];

/** What is counted: each class for a principal, and wrong credentials for an address. */
export type Policy = OperationClass | 'failed-authentications';

/** What an operator sets about how much may be asked. */
export interface LimitSettings {
  /** What one operation may cost, in points. */
  readonly queryCostMax: number;
  /** Nothing is limited or counted by time: for load tests. */
  readonly disabled: boolean;
  /** How much each policy allows in a window: reads in points of cost, the others in operations. */
  readonly perWindow: Readonly<Record<Policy, number>>;
}

export const WINDOW_SECONDS = 60;
