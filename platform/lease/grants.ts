import { type Kysely, sql } from 'kysely';
import type { KernelTables } from '#platform/db/database.ts';

/** A lease as one holder was granted it. Every new grant has a higher epoch. */
export type Grant = { readonly name: string; readonly holder: string; readonly epoch: bigint };

/**
 * The epoch of a new grant for `ttlMs`, or undefined while somebody else's runs. One statement, so that two can't
 * both win.
 */
export async function acquireGrant(
  db: Kysely<KernelTables>,
  name: string,
  holder: string,
  ttlMs: number,
): Promise<bigint | undefined> {
  const { rows } = await sql<{ epoch: bigint }>`
    insert into lease as held (name, holder, epoch, expires_at)
    values (${name}, ${holder}, 1, now() + ${ttlMs} * interval '1 millisecond')
    on conflict (name) do update
      set holder = excluded.holder, epoch = held.epoch + 1, expires_at = excluded.expires_at
      where held.expires_at < now()
    returning epoch`.execute(db);
  return rows[0]?.epoch;
}

/** Lets a grant run for another `ttlMs`; false when it is this holder's no more. */
export async function renewGrant(db: Kysely<KernelTables>, grant: Grant, ttlMs: number): Promise<boolean> {
  const renewed = await sql`
    update lease set expires_at = now() + ${ttlMs} * interval '1 millisecond'
    where name = ${grant.name} and holder = ${grant.holder} and epoch = ${grant.epoch}`.execute(db);
  return renewed.numAffectedRows === 1n;
}

/** Ends a grant, if it is still this holder's. */
export async function releaseGrant(db: Kysely<KernelTables>, grant: Grant): Promise<void> {
  await sql`
    update lease set expires_at = '-infinity'
    where name = ${grant.name} and holder = ${grant.holder} and epoch = ${grant.epoch}`.execute(db);
}

/** Whether a grant is still this holder's; if so nobody can take it over before the transaction ends. */
export async function keepGrant(db: Kysely<KernelTables>, grant: Grant): Promise<boolean> {
  const { rows } = await sql`
    select 1 from lease
    where name = ${grant.name} and holder = ${grant.holder} and epoch = ${grant.epoch} for share`.execute(db);
  return rows.length > 0;
}
