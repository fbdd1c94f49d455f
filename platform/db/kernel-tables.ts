import type { Kysely } from 'kysely';
import type { KernelTables } from './database.ts';

/** The same connection, seen as holding the kernel's tables only: kysely can't resolve them beside a generic `T`. */
export function kernelTables<T>(db: Kysely<T & KernelTables>): Kysely<KernelTables> {
  return db as unknown as Kysely<KernelTables>;
}
