import type { Kysely } from 'kysely';
import type { KernelTables } from './database.ts';

/** The same connection, seen as holding the kernel's tables, which lie beside the service's own. */
export function kernelTables<T>(db: Kysely<T>): Kysely<KernelTables> {
  return db as unknown as Kysely<KernelTables>;
}
