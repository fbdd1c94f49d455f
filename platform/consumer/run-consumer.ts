import { kernelTables } from '#platform/db/kernel-tables.ts';
import type { Batch, Kafka, RunningConsumer } from '#platform/kafka/kafka.ts';
import type { Logger } from '#platform/log/logger.ts';
import type { Consumer } from './consumer.ts';
import { consumerMetrics } from './consumer-metrics.ts';
import { storedPositions } from './inbox.ts';
import { readRecord } from './incoming.ts';
import { processRecords } from './process-batch.ts';

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
  return parts.kafka.consume({
    groupId: consumer.name,
    topics: consumer.topics,
    maxRecords: consumer.batchSize,
    concurrency: consumer.concurrency,
    onAssigned: (partitions) => storedPositions(db, consumer.name, partitions),
    onBatch: (batch) => takeBatch(consumer, batch, log),
  });
}

async function takeBatch(consumer: Consumer, batch: Batch, log: Logger): Promise<void> {
  const subscription = consumer.subscriptions.get(batch.topic);
  if (subscription === undefined) {
    throw new Error(`${consumer.name} was given records of ${batch.topic}, which it does not read`);
  }
  const end = consumerMetrics.batch.startTimer({ consumer: consumer.name });
  const incoming = batch.records.map((record) => readRecord(subscription, record));
  await processRecords(consumer, incoming, {
    topic: batch.topic,
    partition: batch.partition,
    signal: batch.signal,
    log,
  });
  end();
  const next = (batch.records.at(-1)?.offset ?? -1n) + 1n;
  consumerMetrics.lag.set(
    { consumer: consumer.name, topic: batch.topic, partition: batch.partition },
    Number(batch.highWatermark - next),
  );
}
