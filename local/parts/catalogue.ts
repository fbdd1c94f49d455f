import { clickhouse } from './clickhouse/clickhouse.ts';
import { envoy } from './envoy.ts';
import { flink } from './flink/flink.ts';
import { istiod } from './istiod/istiod.ts';
import { kafka } from './kafka/kafka.ts';
import type { Part } from './part.ts';
import { postgres } from './postgres/postgres.ts';
import { prometheus } from './prometheus.ts';
import { ratelimit } from './ratelimit/ratelimit.ts';
import { redis } from './redis.ts';
import { zipkin } from './zipkin.ts';

/** Every real part, in the order of `status`. */
export const PARTS: readonly Part[] = [
  postgres,
  redis,
  kafka,
  clickhouse,
  flink,
  zipkin,
  prometheus,
  envoy,
  istiod,
  ratelimit,
];
