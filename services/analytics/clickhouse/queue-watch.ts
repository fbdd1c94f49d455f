import type { ClickHouseClient } from '@clickhouse/client';
import { Gauge } from 'prom-client';
import type { Logger } from '#platform/log/logger.ts';
import { pause } from '#platform/service/pause.ts';
import type { Worker } from '#platform/service/worker.ts';
import { QUEUES } from './queues.ts';

const LOOK_MS = 15_000;
/** Longer than Kafka takes to give up a member, or to share the partitions out anew. */
const PATIENCE_LOOKS = 6;

const partitions = new Gauge({
  name: 'shopverse_clickhouse_queue_partitions',
  help: 'Partitions that a queue of ClickHouse has to read; none while it has lost them.',
  labelNames: ['queue'],
});

/**
 * Sees to it that ClickHouse goes on reading Kafka. A queue whose consumer lost its partitions during a commit never asks
 * for them again, and says so in its log only; it does once it has been detached and attached. Its place is Kafka's.
 */
export function queueWatch(writer: ClickHouseClient, log: Logger, lookMs = LOOK_MS): Worker {
  return {
    name: 'queue-watch',
    async run(signal) {
      const idle = new Map<string, number>();
      for (await pause(lookMs, signal); !signal.aborted; await pause(lookMs, signal)) {
        const assigned = await assignedPartitions(writer);
        for (const queue of QUEUES) {
          const count = assigned.get(queue) ?? 0;
          partitions.set({ queue }, count);
          const looks = count > 0 ? 0 : (idle.get(queue) ?? 0) + 1;
          idle.set(queue, looks % PATIENCE_LOOKS);
          if (looks < PATIENCE_LOOKS) continue;
          log.warn({ queue, seconds: (looks * lookMs) / 1_000 }, 'a queue without partitions is made anew');
          await writer.command({ query: `DETACH TABLE IF EXISTS ${queue} SYNC` });
          await writer.command({ query: `ATTACH TABLE IF NOT EXISTS ${queue}` });
        }
      }
    },
  };
}

async function assignedPartitions(writer: ClickHouseClient): Promise<ReadonlyMap<string, number>> {
  const result = await writer.query({
    query: `SELECT table, sum(length(assignments.topic)) AS assigned FROM system.kafka_consumers
      WHERE database = currentDatabase() GROUP BY table`,
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ table: string; assigned: string }>();
  return new Map(rows.map(({ table, assigned }) => [table, Number(assigned)]));
}
