import type { Selectable } from 'kysely';
import type { NewEntry } from '../../../../services/payment/adapters/save-payment.ts';
import type { PaymentTables } from '../../../../services/payment/adapters/tables.ts';
import { isOpen } from '../../../../services/payment/domain/attempt.ts';
import type { MemoryTransaction } from '../server.ts';

/** Rows as Postgres has them. */
export type PaymentRow = Selectable<PaymentTables['payment']>;
export type AttemptRow = Selectable<PaymentTables['attempt']>;
export type LedgerRow = NewEntry & { readonly paymentId: string; readonly currency: string };

/** A payment's attempts, in the order of their opening. */
export function attemptsOf(memory: MemoryTransaction, paymentId: string): AttemptRow[] {
  return memory
    .rows<AttemptRow>('attempt')
    .filter((attempt) => attempt.payment_id === paymentId)
    .sort((one, other) => one.position - other.position);
}

/** Whether what became of an attempt is still to be found out. */
export function isOpenRow({ outcome }: AttemptRow): boolean {
  return isOpen({ outcome } as Parameters<typeof isOpen>[0]);
}
