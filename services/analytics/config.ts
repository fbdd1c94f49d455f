import { z } from 'zod';
import { readConfig } from '#platform/config/config.ts';

/** The analytics service's own settings. */
export const readAnalyticsConfig = () =>
  readConfig({
    /** Where ClickHouse reads Kafka: host:port, separated by commas. */
    KAFKA_BROKERS: z.string(),
    /** ClickHouse's HTTP address. */
    CLICKHOUSE_URL: z.url(),
    /** Owns the tables. */
    CLICKHOUSE_USER: z.string(),
    CLICKHOUSE_PASSWORD: z.string(),
    /** Answers the queries: may only read, for so long and with so much memory as its profile says. */
    CLICKHOUSE_READER: z.string(),
    CLICKHOUSE_READER_PASSWORD: z.string(),
  });
