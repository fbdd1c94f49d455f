import { sql } from 'kysely';
import type { MigrationSet, Tx } from '#platform/db/database.ts';

// What both servers do with a call, the bare one and the kernel's: the same cart as the answer, the same row written.

/** The table of what was added. */
export type Tables = { added: { sku: string; quantity: number } };

export const migrations: MigrationSet = {
  '0001_added': {
    async up(db) {
      await sql`create table added (sku text not null, quantity integer not null)`.execute(db);
    },
  },
};

/** A cart of three lines. */
export function cartOf(userId: string) {
  const usd = (minorUnits: bigint) => ({ currencyCode: 'USD', minorUnits });
  return {
    cartId: '018f4b1e-0000-7000-8000-000000000001',
    userId,
    lines: [1n, 2n, 3n].map((number) => ({
      sku: `sku-${number}`,
      productId: `product-${number}`,
      title: 'STRING CHEESE 8 OZ',
      categoryPath: ['GROCERY', 'CHEESE', 'STRING CHEESE'],
      quantity: 2,
      unitPrice: usd(279n * number),
      amount: usd(558n * number),
    })),
    subtotal: usd(3_348n),
    total: usd(3_348n),
    etag: '1',
  };
}

/** Writes down what was added. */
export async function writeDown(tx: Tx<Tables>, item: { sku: string; quantity: number }): Promise<void> {
  await tx.db.insertInto('added').values({ sku: item.sku, quantity: item.quantity }).execute();
}
