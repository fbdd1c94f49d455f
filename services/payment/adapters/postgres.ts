import type { Database } from '#platform/db/database.ts';
import type { PaymentStore } from '../ports.ts';
import { attemptsOf } from './attempts.ts';
import { paymentsIn } from './payments-in.ts';
import { readerOf } from './reader.ts';
import type { PaymentTables } from './tables.ts';

/** The service's data in its Postgres database. See `attemptsOf` for the options. */
export function paymentStore(options: {
  readonly database: Database<PaymentTables>;
  readonly provider: string;
  readonly instance: string;
  readonly claimMs: number;
}): PaymentStore {
  const { database, provider } = options;
  return {
    transaction: (work) => database.transaction((tx) => work(paymentsIn(tx, provider))),
    ...attemptsOf(options),
    ...readerOf(database.db),
    async forgetWebhooks(before) {
      await database.db.deleteFrom('webhook_event').where('received_at', '<', before).execute();
    },
  };
}
