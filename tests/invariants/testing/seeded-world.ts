import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistry } from '@bufbuild/protobuf';
import type { Kafka } from '#platform/kafka/kafka.ts';
import { loadContracts } from '../../../proto/contracts.ts';
import { readCheckouts } from '../world/checkouts.ts';
import { gatherRecords } from '../world/topics.ts';
import type { World } from '../world/world.ts';
import { type OwnerAccess, seedClickHouse } from './seeded-clickhouse.ts';
import { seedPostgres } from './seeded-postgres.ts';
import type { Shop } from './sound-shop.ts';

/** Makes worlds of shops that are made up, on the running stack's Postgres and ClickHouse. */
export type Seeding = { world(shop: Shop): World; close(): Promise<void> };

/** Opens the stack whose state lies in this folder. Throws when there is none. */
export function openSeeding(state: string): Seeding {
  const path = join(state, 'stack.json');
  const { postgres, clickhouse }: { postgres: { adminUrl: string }; clickhouse: OwnerAccess } = JSON.parse(
    readFileSync(path, 'utf8'),
  );
  const seededPostgres = seedPostgres(postgres.adminUrl);
  const seededClickHouse = seedClickHouse(clickhouse);
  return {
    world: (shop) => worldOf(shop, seededPostgres.of(shop), seededClickHouse.of(shop)),
    async close() {
      await Promise.all([seededPostgres.close(), seededClickHouse.close()]);
    },
  };
}

function worldOf(shop: Shop, databases: World['databases'], clickhouse: World['clickhouse']): World {
  const emails = async () => new Set((shop.databases.user?.account ?? []).map(({ email }) => String(email)));
  return {
    databases,
    clickhouse,
    get kafka(): Kafka {
      throw new Error('No check may read Kafka beside the topics that are read once');
    },
    logs: '/nonexistent',
    emails,
    async topics() {
      const names = [...new Set(shop.records.map(({ topic }) => topic))];
      const gathering = gatherRecords(
        names,
        shop.deadLetters,
        await emails(),
        createRegistry(...(await loadContracts())),
      );
      for (const record of shop.records) {
        gathering.visit(record);
      }
      return gathering.seen(new Map());
    },
    checkouts: () => readCheckouts(databases),
    provider: async () => shop.provider,
    replay: async () => shop.replay,
    close: async () => undefined,
  };
}
