import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meshHost } from '#platform/auth/workload.ts';
import type { HttpRule, VirtualService } from '../../mesh/manifest.ts';
import { type EdgeRoute, secondsOf, underMesh } from './mesh-routes.ts';

const base: EdgeRoute = {
  match: { path: '/shopverse.order.v1.OrderService/GetOrder', headers: [{ name: 'content-type' }] },
  route: {
    cluster: 'order',
    max_stream_duration: { max_stream_duration: '15s' },
    retry_policy: { num_retries: 1 },
  },
  typed_per_filter_config: { token: {} },
};
const host = meshHost('order');

function routed(...http: HttpRule[]) {
  const mesh: VirtualService = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'order' },
    spec: { hosts: [host], http },
  };
  // biome-ignore lint/suspicious/noExplicitAny: Envoy's own shape, looked into field by field
  return underMesh(base, 'order', [mesh]) as any[];
}

test('without rules, and after rules that leave calls over, a route is what it was', () => {
  assert.deepEqual(underMesh(base, 'order', []), [base]);
  const rest = routed({ match: [{ headers: { a: { exact: 'b' } } }] });
  assert.equal(rest.length, 2);
  assert.equal(rest[1], base);
});

test('a canary: by header first, then by weight; what else the route asks for stays', () => {
  const [chosen, shared] = routed(
    {
      match: [{ headers: { 'x-mesh-version': { exact: 'v2' } } }],
      route: [{ destination: { host, subset: 'v2' } }],
    },
    {
      route: [
        { destination: { host, subset: 'v1' }, weight: 90 },
        { destination: { host, subset: 'v2' }, weight: 10 },
      ],
    },
  );
  assert.deepEqual(chosen.match.headers, [
    { name: 'content-type' },
    { name: 'x-mesh-version', string_match: { exact: 'v2' } },
  ]);
  assert.equal(chosen.route.cluster, 'order.v2');
  assert.deepEqual(shared.route.weighted_clusters.clusters, [
    { name: 'order.v1', weight: 90 },
    { name: 'order.v2', weight: 10 },
  ]);
  assert.equal(shared.route.cluster, undefined);
  assert.deepEqual(shared.typed_per_filter_config, base.typed_per_filter_config);
});

test('retries are the rule’s alone, time is the shorter, faults are a filter’s', () => {
  const [once] = routed({ retries: { attempts: 0 } });
  assert.equal(once.route.retry_policy, undefined);
  const [again] = routed({
    retries: { attempts: 3, retryOn: 'unavailable', perTryTimeout: '200ms' },
    timeout: '500ms',
    fault: {
      delay: { fixedDelay: '2s', percentage: { value: 50 } },
      abort: { grpcStatus: 'UNAVAILABLE', percentage: { value: 0.1 } },
    },
  });
  assert.equal(again.route.retry_policy.num_retries, 3);
  assert.equal(again.route.retry_policy.per_try_timeout, '0.2s');
  assert.equal(again.route.max_stream_duration.max_stream_duration, '0.5s');
  const fault = again.typed_per_filter_config['envoy.filters.http.fault'];
  assert.deepEqual(fault.delay, {
    fixed_delay: '2s',
    percentage: { numerator: 500_000, denominator: 'MILLION' },
  });
  assert.deepEqual(fault.abort, {
    grpc_status: 14,
    percentage: { numerator: 1_000, denominator: 'MILLION' },
  });
});

test('what the edge can’t do is refused, not passed over', () => {
  assert.throws(() => routed({ mirror: {} } as unknown as HttpRule), /does not do "mirror"/);
  assert.throws(() => routed({ route: [{ destination: { host: 'elsewhere.com' } }] }), /is no service/);
  assert.throws(() => routed({ fault: { abort: { grpcStatus: 'NONE' } } }), /no gRPC status/);
  assert.throws(() => secondsOf('soon'), /no duration/);
});
