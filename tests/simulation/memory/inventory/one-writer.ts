import type { Tx } from '#platform/db/database.ts';
import type { Tables } from '../../../../services/inventory/adapters/tables.ts';
import { statement } from '../connection.ts';

export function asOnlyWriter(tx: Tx<Tables>): Promise<void> {
  return statement(tx.db, (memory) => memory.lock('advisory', 'inventory.stock'));
}
