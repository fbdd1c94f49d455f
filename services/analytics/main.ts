import { AnalyticsRecordSchema } from '#gen/shopverse/analytics/v1/analytics_events_pb.ts';
import { topicOf } from '#platform/events/domain-event.ts';
import { createRuntime } from '#platform/runtime.ts';
import { runService } from '#platform/service/run-service.ts';
import { asking, connectClickHouse } from './adapters/clickhouse.ts';
import { archivedTopics } from './clickhouse/archived-topics.ts';
import { queueWatch } from './clickhouse/queue-watch.ts';
import { readAnalyticsConfig } from './config.ts';
import { createRpc } from './rpc.ts';
import { openStore } from './store.ts';

const config = readAnalyticsConfig();
const runtime = await createRuntime();
const store = { url: config.CLICKHOUSE_URL, database: 'analytics' };
const owner = { ...store, user: config.CLICKHOUSE_USER, password: config.CLICKHOUSE_PASSWORD };
const reader = { ...store, user: config.CLICKHOUSE_READER, password: config.CLICKHOUSE_READER_PASSWORD };

const writer = await openStore(owner, {
  brokers: config.KAFKA_BROKERS,
  group: 'shopverse.clickhouse',
  topics: archivedTopics(),
  derived: topicOf(AnalyticsRecordSchema),
});
const client = connectClickHouse(reader);

await runService(runtime, {
  rpc: [createRpc({ ask: asking(client), clock: runtime.clock })],
  workers: [queueWatch(writer, runtime.log)],
  close: async () => {
    await Promise.all([writer.close(), client.close()]);
  },
});
