import { type Kysely, type Selectable, sql } from 'kysely';
import type { Clock } from '#platform/runtime.ts';
import type { Import } from '../ports.ts';
import type { ProductTables } from './tables.ts';

/** Bulk imports and which of their batches are in, over a pool or a transaction. */
export function createImports(db: Kysely<ProductTables>, clock: Clock) {
  return {
    async find(importId: string): Promise<Import | undefined> {
      const row = await db
        .selectFrom('import')
        .selectAll()
        .where('import_id', '=', importId)
        .executeTakeFirst();
      return row && toImport(row);
    },

    /** The import, locked until the end. */
    async lock(importId: string): Promise<Import | undefined> {
      const row = await db
        .selectFrom('import')
        .selectAll()
        .where('import_id', '=', importId)
        .forUpdate()
        .executeTakeFirst();
      return row && toImport(row);
    },

    /** Opens an import, unless it is there already. */
    async open(importId: string, source: string, expectedCount: number): Promise<void> {
      const now = clock.now();
      await db
        .insertInto('import')
        .values({
          import_id: importId,
          source,
          state: 'OPEN',
          expected_count: expectedCount,
          create_time: now,
          update_time: now,
        })
        .onConflict((conflict) => conflict.column('import_id').doNothing())
        .execute();
    },

    /** False when the batch was taken in before. */
    async takeBatch(importId: string, batchNumber: number): Promise<boolean> {
      const inserted = await db
        .insertInto('import_batch')
        .values({ import_id: importId, batch_number: batchNumber })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow();
      return inserted.numInsertedOrUpdatedRows === 1n;
    },

    async count(
      importId: string,
      counts: { created: number; updated: number; unchanged: number },
    ): Promise<Import> {
      const row = await db
        .updateTable('import')
        .set({
          created_count: sql`created_count + ${counts.created}`,
          updated_count: sql`updated_count + ${counts.updated}`,
          unchanged_count: sql`unchanged_count + ${counts.unchanged}`,
          update_time: clock.now(),
        })
        .where('import_id', '=', importId)
        .returningAll()
        .executeTakeFirstOrThrow();
      return toImport(row);
    },

    async finish(importId: string): Promise<void> {
      await db
        .updateTable('import')
        .set({ state: 'FINISHED', update_time: clock.now() })
        .where('import_id', '=', importId)
        .where('state', '=', 'OPEN')
        .execute();
    },
  };
}

function toImport(row: Selectable<ProductTables['import']>): Import {
  return {
    importId: row.import_id,
    source: row.source,
    state: row.state,
    expectedCount: row.expected_count,
    createdCount: row.created_count,
    updatedCount: row.updated_count,
    unchangedCount: row.unchanged_count,
    createTime: row.create_time,
    updateTime: row.update_time,
  };
}
