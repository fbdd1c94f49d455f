import { sql } from 'kysely';
import type { Tx } from '#platform/db/database.ts';
import type { Payment } from '../domain/payment.ts';
import { toPayment } from './rows.ts';
import { attemptColumns, type PaymentTables, paymentColumns } from './tables.ts';

/** A payment as locked, and the last claim of each attempt by its key. */
export type LockedPayment = { readonly payment: Payment; readonly claims: ReadonlyMap<string, bigint> };

/**
 * Locks payments with their attempts until the transaction ends, so that no worker claims one meanwhile, in an order
 * that all transactions keep to, and returns them by their ids. Two statements: one that waited for a payment's lock
 * would not see the attempts that the holder added.
 */
export async function selectLocked(
  tx: Tx<PaymentTables>,
  paymentIds: readonly string[],
): Promise<readonly (readonly [paymentId: string, LockedPayment])[]> {
  const ids = sql<string>`any(${[...new Set(paymentIds)]}::uuid[])`;
  const rows = await tx.db
    .selectFrom('payment')
    .select(paymentColumns)
    .where('payment_id', '=', ids)
    .orderBy('payment_id')
    .forUpdate()
    .execute();
  const attempts = await tx.db
    .selectFrom('attempt')
    .select(attemptColumns)
    .where('payment_id', '=', ids)
    .orderBy('payment_id')
    .orderBy('position')
    .forUpdate()
    .execute();
  const byPayment = Map.groupBy(attempts, (attempt) => attempt.payment_id);
  return rows.map((row) => {
    const own = byPayment.get(row.payment_id) ?? [];
    const claims = new Map(own.map((attempt) => [attempt.idempotency_key, attempt.claim]));
    return [row.payment_id, { payment: toPayment(row, own), claims }];
  });
}
