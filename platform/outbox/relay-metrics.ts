import { Counter, Gauge, Histogram } from 'prom-client';

/** What the outbox relay tells Prometheus. */
export const relayMetrics = {
  published: new Counter({
    name: 'shopverse_outbox_published_total',
    help: 'Records that the outbox relay published.',
    labelNames: ['service', 'topic'],
  }),
  failures: new Counter({
    name: 'shopverse_outbox_publish_failures_total',
    help: 'Batches that the broker did not take.',
    labelNames: ['service'],
  }),
  lagRows: new Gauge({
    name: 'shopverse_outbox_lag_rows',
    help: 'Rows of the outbox that are not published yet, counted up to 10000. Told by the active relay.',
    labelNames: ['service'],
  }),
  lagSeconds: new Gauge({
    name: 'shopverse_outbox_lag_seconds',
    help: 'Age of the oldest row of the outbox that is not published yet. Told by the active relay.',
    labelNames: ['service'],
  }),
  active: new Gauge({
    name: 'shopverse_outbox_relay_active',
    help: 'Whether this process holds the relay of its database.',
    labelNames: ['service'],
  }),
  seconds: new Histogram({
    name: 'shopverse_outbox_publish_seconds',
    help: 'Time from the append of a record to its acknowledgement by the broker; the first of each batch.',
    labelNames: ['service'],
    buckets: [0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.25, 0.5, 1, 5, 30, 120],
  }),
};
