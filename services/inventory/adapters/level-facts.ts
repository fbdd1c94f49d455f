import { sql } from 'kysely';
import type { Tx } from '#platform/db/database.ts';
import type { LevelFact } from '../domain/level.ts';
import { levelEvent } from './facts.ts';
import type { Tables } from './tables.ts';

/** States facts about levels, each with the next number of its SKU, in one statement however many there are. */
export async function stateLevels(tx: Tx<Tables>, facts: readonly LevelFact[]): Promise<void> {
  if (facts.length === 0) {
    return;
  }
  const counts = new Map<string, number>();
  for (const { sku } of facts) {
    counts.set(sku, (counts.get(sku) ?? 0) + 1);
  }
  const { rows } = await sql<{ sku: string; sequence: bigint }>`
    insert into level_sequence as level (sku, sequence)
    select * from unnest(${[...counts.keys()]}::text[], ${[...counts.values()]}::bigint[]) as fresh (sku, count)
    order by sku
    on conflict (sku) do update set sequence = level.sequence + excluded.sequence
    returning sku, sequence`.execute(tx.db);
  const next = new Map(rows.map(({ sku, sequence }) => [sku, sequence - BigInt(counts.get(sku) ?? 0) + 1n]));
  for (const fact of facts) {
    const sequence = next.get(fact.sku);
    if (sequence === undefined) {
      throw new Error(`No number was given to a fact about ${fact.sku}`);
    }
    tx.append(levelEvent(fact, sequence));
    next.set(fact.sku, sequence + 1n);
  }
}
