import { Counter, Gauge, Histogram } from 'prom-client';

/** What consumers tell Prometheus. */
export const consumerMetrics = {
  records: new Counter({
    name: 'shopverse_consumer_records_total',
    help: 'Records taken, by what became of them: effect, skip, duplicate, queued behind a parked one, parked, dead.',
    labelNames: ['consumer', 'outcome'],
  }),
  lag: new Gauge({
    name: 'shopverse_consumer_lag_records',
    help: 'Records of a partition that are not taken yet, as of the last batch.',
    labelNames: ['consumer', 'topic', 'partition'],
  }),
  batch: new Histogram({
    name: 'shopverse_consumer_batch_seconds',
    help: 'Time over a batch of records, from its delivery to its commit.',
    labelNames: ['consumer'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
  }),
};
