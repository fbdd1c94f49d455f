import type { Kysely } from 'kysely';
import { toStoredPayment } from '../../../../services/payment/adapters/rows.ts';
import type { PaymentTables } from '../../../../services/payment/adapters/tables.ts';
import type { PaymentStore } from '../../../../services/payment/ports.ts';
import { statement } from '../connection.ts';
import { attemptsOf, type PaymentRow } from './rows.ts';

export function readerOf(db: Kysely<PaymentTables>): Pick<PaymentStore, 'find' | 'list' | 'entries'> {
  return {
    find: (paymentId) =>
      statement(db, (memory) => {
        const row = memory.get<PaymentRow>('payment', paymentId);
        return row && toStoredPayment(row, attemptsOf(memory, paymentId));
      }),
    list: () => {
      throw new Error('Lists are not simulated');
    },
    entries: () => {
      throw new Error('Lists are not simulated');
    },
  };
}
