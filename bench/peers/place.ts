import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { stackCoordinates } from '#platform/testing/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { partsCpu } from '../parts-cpu.ts';

/** Of Redis's databases, the one that peers have to themselves. */
const REDIS_DATABASE = 7;
/** Parts of the stack that the peers use as well. */
const SHARED = ['postgres', 'redis'];

/** What the peers are given of a running stack: databases of their own in its Postgres and its Redis, and ports. */
export type Place = {
  readonly stack: Stack;
  /** For logs, and what is handed to them. */
  readonly folder: string;
  readonly redisUrl: string;
  readonly ports: { readonly vendure: number; readonly medusa: number; readonly medusaWorker: number };
  /** Makes an empty database for a peer. Resolves to its address. */
  database(peer: string): Promise<string>;
  /** CPU that the parts have used so far which all shops share, in ms. */
  shared(): ReadonlyMap<string, number>;
  /** Drops the databases. */
  clear(): Promise<void>;
};

/** Prepares the running stack for peers beside it. */
export async function openPlace(stack: Stack): Promise<Place> {
  const { postgres, redis } = stackCoordinates(stack.state);
  const admin = new pg.Client({ connectionString: postgres.adminUrl });
  await admin.connect();
  const cache = new Redis(`${redis.url}/${REDIS_DATABASE}`);
  const folder = join(stack.state, 'peers');
  mkdirSync(folder, { recursive: true });
  const databases: string[] = [];
  await cache.flushdb();
  return {
    stack,
    folder,
    redisUrl: `${redis.url}/${REDIS_DATABASE}`,
    // Between those of the parts and those of the services' instances.
    ports: {
      vendure: stack.ports.base + 40,
      medusa: stack.ports.base + 41,
      medusaWorker: stack.ports.base + 42,
    },
    async database(peer) {
      const name = `peer_${peer}_${randomBytes(4).toString('hex')}`;
      await admin.query(`create database ${name}`);
      databases.push(name);
      return postgres.adminUrl.replace(/\/[^/]*$/, `/${name}`);
    },
    shared: () => new Map([...partsCpu(stack)].filter(([part]) => SHARED.includes(part))),
    async clear() {
      for (const name of databases) await admin.query(`drop database ${name} with (force)`);
      await cache.flushdb();
      await Promise.all([admin.end(), cache.quit()]);
    },
  };
}
