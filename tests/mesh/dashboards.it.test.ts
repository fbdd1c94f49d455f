import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { BehaviourService } from '#gen/shopverse/gateway/v1/behaviour_service_pb.ts';
import { edgeUrl } from '../../local/shop/session.ts';
import { openStack } from '../../local/stack.ts';
import { type Asked, ask, dashboardQueries } from './dashboards.ts';
import { outcomeOf, readCatalogue } from './ways.ts';

const PATIENCE_MS = 120_000;

/** Envoy's own figures under Istio's names, each with the service that was called. */
const ofTheEdge = [
  'istio_requests_total',
  'istio_request_duration_milliseconds_bucket',
  'istio_request_bytes_bucket',
  'istio_response_bytes_bucket',
].map((metric) => {
  const labels =
    'reporter="source", source_workload="edge", destination_service="product.shopverse.svc.cluster.local"';
  return { dashboard: 'the edge', panel: metric, expr: `rate(${metric}{${labels}}[1m]) > 0` };
});

test('every query of Istio’s dashboards has an answer, or a reason why it can’t', {
  timeout: 300_000,
}, async () => {
  const stack = openStack();
  const behaviour = createClient(BehaviourService, createGrpcTransport({ baseUrl: edgeUrl(stack) }));
  // Called through the edge, called by the gateway, and the gateway called itself: each end of what the dashboards show.
  const calls = [
    readCatalogue(stack, 'edge'),
    readCatalogue(stack, 'gateway'),
    () => behaviour.publishBehaviourEvents({ events: [] }),
  ];
  let going = true;
  const load = calls.map(async (call) => {
    while (going) {
      await outcomeOf(() => call());
      await sleep(50);
    }
  });
  try {
    const queries = [...dashboardQueries(), ...ofTheEdge];
    assert.ok(queries.length > 150, `${queries.length} queries`);
    const prometheus = `http://127.0.0.1:${stack.ports.prometheus}`;
    const until = Date.now() + PATIENCE_MS;
    let wrong: Asked[];
    do {
      await sleep(2_000);
      const asked = await Promise.all(queries.map((query) => ask(prometheus, query)));
      wrong = asked.filter(({ series, reason }) => (series === 0) !== (reason !== undefined));
    } while (wrong.length > 0 && Date.now() < until);
    assert.deepEqual(
      wrong.map(({ dashboard, panel, series, reason }) => ({ dashboard, panel, series, reason })),
      [],
    );
  } finally {
    going = false;
    await Promise.all(load);
  }
});
