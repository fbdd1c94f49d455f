import type { Kysely } from 'kysely';
import type { KernelTables } from '#platform/db/database.ts';
import type { Grant } from '#platform/lease/grants.ts';
import { statement } from '../connection.ts';

type Held = Grant & { readonly expires: number };

export type { Grant };

export function acquireGrant(
  db: Kysely<KernelTables>,
  name: string,
  holder: string,
  ttlMs: number,
): Promise<bigint | undefined> {
  return statement(db, async (tx) => {
    const held = await tx.locked<Held>('lease', name);
    const now = Date.now();
    if (held !== undefined && held.expires >= now) {
      return undefined;
    }
    const epoch = (held?.epoch ?? 0n) + 1n;
    tx.put('lease', name, { name, holder, epoch, expires: now + ttlMs });
    return epoch;
  });
}

export function renewGrant(db: Kysely<KernelTables>, grant: Grant, ttlMs: number): Promise<boolean> {
  return extend(db, grant, () => Date.now() + ttlMs);
}

export async function releaseGrant(db: Kysely<KernelTables>, grant: Grant): Promise<void> {
  await extend(db, grant, () => 0);
}

export function keepGrant(db: Kysely<KernelTables>, grant: Grant): Promise<boolean> {
  return statement(db, async (tx) => isHeld(await tx.locked<Held>('lease', grant.name), grant));
}

function extend(db: Kysely<KernelTables>, grant: Grant, expires: () => number): Promise<boolean> {
  return statement(db, async (tx) => {
    const held = await tx.locked<Held>('lease', grant.name);
    if (!isHeld(held, grant)) {
      return false;
    }
    tx.put('lease', grant.name, { ...held, expires: expires() });
    return true;
  });
}

function isHeld(held: Held | undefined, { holder, epoch }: Grant): boolean {
  return held?.holder === holder && held.epoch === epoch;
}
