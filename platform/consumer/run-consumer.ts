import { Gathering } from '#platform/batching/gathering.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import type { Batch, Kafka, RunningConsumer } from '#platform/kafka/kafka.ts';
import type { Logger } from '#platform/log/logger.ts';
import type { Consumer } from './consumer.ts';
import { consumerMetrics } from './consumer-metrics.ts';
import { storedPositions } from './inbox.ts';
import { readRecord } from './incoming.ts';
import { type Portion, takePortion, takeTogether } from './process-batch.ts';

/**
 * Starts a consumer, and returns at once whether or not a broker is there. It reads from where its own database says
 * it is; what it committed to the broker only shows its progress to others. `close` lets the batches under way end.
 */
export function runConsumer(
  consumer: Consumer,
  parts: { readonly kafka: Kafka; readonly log: Logger },
): RunningConsumer {
  const log = parts.log.child({ consumer: consumer.name });
  const db = kernelTables(consumer.database.db);
  const portions = new Gathering<Portion>({
    most: consumer.batchSize,
    sizeOf: ({ records }) => records.length,
    together: async (several) => {
      await takeTogether(consumer, several, log);
      return several.map(() => undefined);
    },
    alone: (portion) => takePortion(consumer, portion, log),
  });
  return parts.kafka.consume({
    groupId: consumer.name,
    topics: consumer.topics,
    maxRecords: consumer.batchSize,
    onAssigned: (partitions) => storedPositions(db, consumer.name, partitions),
    onBatch: (batch) => takeBatch(consumer, batch, portions),
  });
}

async function takeBatch(consumer: Consumer, batch: Batch, portions: Gathering<Portion>): Promise<void> {
  const { topic, partition, signal } = batch;
  const subscription = consumer.subscriptions.get(topic);
  if (subscription === undefined) {
    throw new Error(`${consumer.name} was given records of ${topic}, which it does not read`);
  }
  const end = consumerMetrics.batch.startTimer({ consumer: consumer.name });
  const records = batch.records.map((record) => readRecord(subscription, record));
  await portions.take({ topic, partition, signal, records });
  end();
  const next = (batch.records.at(-1)?.offset ?? -1n) + 1n;
  consumerMetrics.lag.set({ consumer: consumer.name, topic, partition }, Number(batch.highWatermark - next));
}
