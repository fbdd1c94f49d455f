import type { Tx } from '#platform/db/database.ts';
import type { LockedPayment } from '../../../../services/payment/adapters/lock-payment.ts';
import { toPayment } from '../../../../services/payment/adapters/rows.ts';
import type { PaymentTables } from '../../../../services/payment/adapters/tables.ts';
import { statement } from '../connection.ts';
import { type AttemptRow, attemptsOf, type PaymentRow } from './rows.ts';

export type { LockedPayment };

export async function selectLocked(
  tx: Tx<PaymentTables>,
  paymentIds: readonly string[],
): Promise<readonly (readonly [paymentId: string, LockedPayment])[]> {
  const ids = [...new Set(paymentIds)].sort();
  const rows = await statement(tx.db, async (memory) => {
    const found: PaymentRow[] = [];
    for (const id of ids) {
      const row = memory.get<PaymentRow>('payment', id) && (await memory.locked<PaymentRow>('payment', id));
      found.push(...(row === undefined ? [] : [row]));
    }
    return found;
  });
  return statement(tx.db, async (memory) => {
    const payments: (readonly [string, LockedPayment])[] = [];
    for (const row of rows) {
      const attempts: AttemptRow[] = [];
      for (const { idempotency_key } of attemptsOf(memory, row.payment_id)) {
        const attempt = await memory.locked<AttemptRow>('attempt', idempotency_key);
        attempts.push(...(attempt === undefined ? [] : [attempt]));
      }
      const claims = new Map(attempts.map((attempt) => [attempt.idempotency_key, attempt.claim]));
      payments.push([row.payment_id, { payment: toPayment(row, attempts), claims }]);
    }
    return payments;
  });
}
