import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderClusters, renderEndpoints } from './envoy-clusters.ts';
import { renderDiscovery, renderTargets, renderWorkload, renderXdsBootstrap } from './workloads.ts';

const ORDER = { name: 'order-2', service: 'order', version: 'v2', grpcPort: 8141, httpPort: 8341 };

type Cluster = {
  name: string;
  eds_cluster_config: {
    service_name?: string;
    eds_config: { ads?: object; path_config_source?: { path: string } };
  };
};
function clusters(mode: 'static' | 'xds'): Cluster[] {
  return (renderClusters(['order'], mode, '/e') as { resources: Cluster[] }).resources;
}

test('clusters keep their names over a change of mode, so that no route changes', () => {
  assert.deepEqual(
    clusters('static').map((cluster) => cluster.name),
    ['order', 'order-http'],
  );
  assert.deepEqual(
    clusters('static').map((cluster) => cluster.name),
    clusters('xds').map((cluster) => cluster.name),
  );
});

test('gRPC endpoints come from a file, or from istiod under the mesh’s name; plain HTTP always from a file', () => {
  assert.equal(
    clusters('static')[0]?.eds_cluster_config.eds_config.path_config_source?.path,
    '/e/order.json',
  );
  const [grpc, http] = clusters('xds');
  assert.equal(grpc?.eds_cluster_config.service_name, 'outbound|50051||order.shopverse.svc.cluster.local');
  assert.deepEqual(grpc?.eds_cluster_config.eds_config.ads, {});
  assert.equal(http?.eds_cluster_config.eds_config.path_config_source?.path, '/e/order-http.json');
});

test('a cluster without endpoints is an empty list, not a missing one', () => {
  const { resources } = renderEndpoints({ cluster: 'order', ports: [] }) as {
    resources: { endpoints: unknown[] }[];
  };
  assert.deepEqual(resources[0]?.endpoints, [{ lb_endpoints: [] }]);
});

test('discovery lists every service, those without an instance too', () => {
  assert.deepEqual(JSON.parse(renderDiscovery('xds', ['cart', 'order'], [ORDER])), {
    mode: 'xds',
    endpoints: { cart: [], order: ['127.0.0.1:8141'] },
    policies: {},
  });
});

test('a WorkloadEntry carries the label that its service selects by', () => {
  const entry = JSON.parse(renderWorkload(ORDER));
  assert.deepEqual(entry.spec.labels, { app: 'order', version: 'v2' });
  assert.equal(entry.spec.ports.grpc, 8141);
  assert.equal(entry.metadata.name, 'order-2');
});

test('Prometheus scrapes the plain HTTP port', () => {
  assert.deepEqual(JSON.parse(renderTargets([ORDER]))[0].targets, ['127.0.0.1:8341']);
});

test('a process introduces itself to istiod by its instance', () => {
  const { node, xds_servers } = JSON.parse(
    renderXdsBootstrap('order', { instance: 'order-2', version: 'v2' }, 8510),
  );
  assert.equal(node.id, 'sidecar~127.0.0.1~order-2.shopverse~shopverse.svc.cluster.local');
  assert.equal(xds_servers[0].server_uri, '127.0.0.1:8510');
});
