import type { FraudSettings } from '../fraud/assess.js';
import type { Rates } from '../money/rates.js';

/** What decisions are configured by. */
export interface Settings {
  readonly rates: Rates;
  /** The most that one transaction may move, in minor units of the base currency. */
  readonly transactionAmountMax: bigint;
  /** The most that the debits of a local day may come to, in minor units of the base currency. */
  readonly dailySpendingMax: bigint;
  readonly fraud: FraudSettings;
}
