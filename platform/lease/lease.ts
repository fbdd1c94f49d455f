import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Database, KernelTables, Tx } from '#platform/db/database.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { pause } from '#platform/service/pause.ts';
import type { Worker } from '#platform/service/worker.ts';
import { acquireGrant, type Grant, keepGrant, releaseGrant, renewGrant } from './grants.ts';

/** A lease that this process was granted, and may have lost since. */
export type Lease<T> = {
  /** Grows with every new holder. */
  readonly epoch: bigint;
  /**
   * Throws LeaseLost unless the lease is still this holder's, and keeps it so until `tx` ends: nobody can take it
   * over in between. Call it first in every transaction of the leased work.
   */
  assertHeld(tx: Tx<T>): Promise<void>;
  /** Aborted when the lease is lost or the worker is to stop. */
  readonly signal: AbortSignal;
};

/** Somebody else holds the lease now; this process was away for too long. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';

  constructor(lease: string) {
    super(`The lease ${lease} is no longer held here.`);
  }
}

/**
 * A worker of which only one runs at a time over all replicas. `work` runs while the lease is held and should return
 * when its signal is aborted. A holder that dies is followed after `ttlMs` (10 s by default).
 */
export function leased<T>(
  database: Database<T>,
  name: string,
  work: (lease: Lease<T>) => Promise<void>,
  ttlMs = 10_000,
): Worker {
  return {
    name,
    async run(signal) {
      const holder = randomUUID();
      const db = kernelTables(database.db);
      while (!signal.aborted) {
        const epoch = await acquireGrant(db, name, holder, ttlMs);
        if (epoch === undefined) {
          await pause(ttlMs / 4, signal);
          continue;
        }
        await hold({ db, name, holder, epoch, ttlMs }, signal, work);
      }
    },
  };
}

type Held = Grant & { readonly db: Kysely<KernelTables>; readonly ttlMs: number };

async function hold<T>(
  held: Held,
  signal: AbortSignal,
  work: (lease: Lease<T>) => Promise<void>,
): Promise<void> {
  const lost = new AbortController();
  const done = new AbortController();
  const renewing = keepRenewing(held, done.signal, lost);
  try {
    await work({
      epoch: held.epoch,
      async assertHeld(tx) {
        if (!(await keepGrant(kernelTables(tx.db), held))) {
          throw new LeaseLost(held.name);
        }
      },
      signal: AbortSignal.any([signal, lost.signal]),
    });
  } finally {
    done.abort();
    await renewing;
    // One that can't be given back runs out by itself; what `work` threw matters more.
    await releaseGrant(held.db, held).catch(() => undefined);
  }
}

async function keepRenewing(held: Held, done: AbortSignal, lost: AbortController): Promise<void> {
  let expires = Date.now() + held.ttlMs;
  while (!done.aborted) {
    await pause(held.ttlMs / 4, done);
    if (done.aborted) {
      return;
    }
    try {
      if (!(await renewGrant(held.db, held, held.ttlMs))) {
        lost.abort(new LeaseLost(held.name));
        return;
      }
      expires = Date.now() + held.ttlMs;
    } catch (error) {
      // A database that is away for a moment is no loss of the lease until it has run out.
      if (Date.now() >= expires) {
        lost.abort(error);
        return;
      }
    }
  }
}
