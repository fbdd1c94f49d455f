import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { keyOf, merged, virtualServices } from '../../mesh/manifest.ts';
import { openStack, type Stack } from '../stack.ts';
import { withCanary } from './canary.ts';
import { complaints } from './check.ts';
import { clusterFields, edgePolicies, ledTo } from './edge-policy.ts';
import { applied, apply, meshOf, publishMesh, shipped, takeBack } from './manifests.ts';

const state = mkdtempSync(join(tmpdir(), 'shopverse-mesh-'));
const stack: Stack = { ...openStack(), state };
after(() => rmSync(state, { recursive: true }));

const order =
  virtualServices(shipped(stack)).find(({ metadata }) => metadata.name === 'order') ?? assert.fail();
const canary = withCanary(order, 'order', {
  from: 'v1',
  to: 'v2',
  weight: 10,
  header: { name: 'x-mesh-version', value: 'v2' },
});

test('a canary keeps what the rules say of retries, and may be applied', async () => {
  const rules = canary.spec.http.map(({ name, retries, route = [] }) => [
    name,
    retries?.attempts,
    route.map(({ destination, weight }) => `${destination.subset} ${weight ?? 'all'}`).join(),
  ]);
  assert.deepEqual(rules, [
    ['repeatable-v2', 1, 'v2 all'],
    ['repeatable', 1, 'v1 90,v2 10'],
    ['once-v2', 0, 'v2 all'],
    ['once', 0, 'v1 90,v2 10'],
  ]);
  assert.deepEqual(await complaints(shipped(stack), [canary]), []);
});

test('what would send a new act twice, or lead nowhere, is not applied', async () => {
  const route = [{ destination: { host: 'user.shopverse.svc.cluster.local', subset: 'v9' } }];
  const metadata = { name: 'user', namespace: 'shopverse' };
  const hosts = ['user.shopverse.svc.cluster.local'];
  const wrong = { ...order, metadata, spec: { hosts, http: [{ route }] } };
  const said = (await complaints(shipped(stack), [wrong])).join('\n');
  assert.match(said, /subset v9/);
  assert.match(said, /UserService\/LogIn made again/);
  const mirrored = { ...order, spec: { ...order.spec, http: [{ mirror: {}, retries: { attempts: 0 } }] } };
  assert.match((await complaints(shipped(stack), [mirrored])).join(), /does not do "mirror"/);
});

test('what is applied takes the place of what mesh/ has, until it is taken back', () => {
  assert.equal(meshOf(stack).length, shipped(stack).length);
  apply(stack, [canary]);
  assert.deepEqual(applied(stack).map(keyOf), ['virtualservice/order']);
  assert.equal(meshOf(stack).length, shipped(stack).length);
  assert.ok(ledTo(meshOf(stack)).has('order v2'));
  assert.equal(takeBack(stack, canary), true);
  assert.equal(takeBack(stack, canary), false);
  assert.ok(!ledTo(meshOf(stack)).has('order v2'));
});

test('istiod’s folder holds a file a resource, and nothing of before', () => {
  const folder = join(state, 'config');
  publishMesh(folder, shipped(stack));
  assert.equal(readdirSync(folder).length, shipped(stack).length);
  publishMesh(folder, [order]);
  assert.deepEqual(readdirSync(folder), ['virtualservice-order.yaml']);
});

test('the edge’s clusters follow the DestinationRule, with the subsets that are led to', () => {
  const policies = edgePolicies(merged(shipped(stack), [canary]), ledTo([canary]));
  assert.deepEqual(
    policies.get('order')?.subsets.map(({ name }) => name),
    ['v1', 'v2'],
  );
  assert.deepEqual(policies.get('user')?.subsets, []);
  const fields = clusterFields({
    connectionPool: { http: { http2MaxRequests: 7 } },
    outlierDetection: { consecutiveGatewayErrors: 5, baseEjectionTime: '9s' },
  }) as { circuit_breakers: { thresholds: object[] }; outlier_detection: Record<string, unknown> };
  assert.deepEqual(fields.circuit_breakers.thresholds, [
    { max_requests: 7, max_pending_requests: 1_000, max_connections: 64, max_retries: 1_000 },
  ]);
  assert.equal(fields.outlier_detection.consecutive_gateway_failure, 5);
  assert.equal(fields.outlier_detection.base_ejection_time, '9s');
});
