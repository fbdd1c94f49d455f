import type { Kysely } from 'kysely';
import type { PaymentStore } from '../ports.ts';
import { toStoredPayment } from './rows.ts';
import { attemptColumns, type PaymentTables, paymentColumns } from './tables.ts';

/** Reads that need no transaction. */
export function readerOf(db: Kysely<PaymentTables>): Pick<PaymentStore, 'find' | 'list' | 'entries'> {
  return {
    async find(paymentId) {
      // Before the payment, which then is as new as they are or newer: what is shown as done is in its sums.
      const attempts = await db
        .selectFrom('attempt')
        .select(attemptColumns)
        .where('payment_id', '=', paymentId)
        .orderBy('position')
        .execute();
      const row = await db
        .selectFrom('payment')
        .select(paymentColumns)
        .where('payment_id', '=', paymentId)
        .executeTakeFirst();
      return row === undefined ? undefined : toStoredPayment(row, attempts);
    },

    async list({ orderId, userId, state, before, limit }) {
      const rows = await db
        .selectFrom('payment')
        .select(paymentColumns)
        .$if(orderId !== undefined, (query) => query.where('order_id', '=', orderId ?? ''))
        .$if(userId !== undefined, (query) => query.where('user_id', '=', userId ?? ''))
        .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'PENDING'))
        .$if(before !== undefined, (query) => query.where('payment_id', '<', before ?? ''))
        .orderBy('payment_id', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => toStoredPayment(row, []));
    },

    async entries(paymentId, after, limit) {
      const rows = await db
        .selectFrom('ledger_entry')
        .selectAll()
        .where('payment_id', '=', paymentId)
        .where('entry_id', '>', after)
        .orderBy('entry_id')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        entryId: row.entry_id,
        transactionId: row.transaction_id,
        paymentId: row.payment_id,
        account: row.account,
        currency: row.currency,
        amount: row.amount,
        createTime: row.created_at,
      }));
    },
  };
}
