import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt';
import { accessRule } from '#platform/auth/access.ts';
import { isRepeatable } from '#platform/client/repeatable.ts';
import { loadContracts, methodsOf } from '../../proto/contracts.ts';
import { renderBootstrap } from './bootstrap.ts';
import { edgeMethods } from './edge-methods.ts';
import type { EnvoyOptions } from './options.ts';
import { methodRoutes } from './routes.ts';

type Route = {
  name: string;
  match: { path?: string; prefix?: string; headers?: { name: string; string_match: { exact: string } }[] };
  route?: { cluster: string; retry_policy?: { num_retries: number } };
  request_headers_to_remove?: string[];
  typed_per_filter_config: Record<string, { requirement_name?: string; disabled?: boolean }>;
};

const contracts = await loadContracts();
const options: EnvoyOptions = {
  edgePort: 1,
  adminPort: 2,
  istiodGrpcPort: 3,
  clustersPath: '/cds.json',
  jwksUrl: 'http://127.0.0.1:4/.well-known/jwks.json',
  accessLogPath: '/access.log',
};
const routes = findAll(renderBootstrap(contracts, options), 'routes').flat() as Route[];
const tokenOf = (route: Route) => route.typed_per_filter_config['envoy.filters.http.jwt_authn'];

test('a method has routes exactly when somebody outside may call it: to its service, and to the gateway for Connect', () => {
  for (const method of methodsOf(contracts)) {
    const path = `/${method.parent.typeName}/${method.name}`;
    const rule = accessRule(method);
    const own = routes.filter(({ match }) => match.path === path);
    if (!rule?.public && !rule?.customer && !rule?.roles.length) {
      assert.deepEqual(own, [], `${path} is for services only`);
    } else if (!path.startsWith('/shopverse.platform.')) {
      const byGet = method.idempotency === Level.NO_SIDE_EFFECTS && method.methodKind === 'unary';
      assert.deepEqual(
        own.map(({ route }) => route?.cluster),
        [path.split('.')[1], 'gateway-front', ...(byGet ? ['gateway-front'] : [])],
      );
    }
  }
});

test('every route says what it wants of a token: none needed only where the contract says public', () => {
  for (const route of routes) {
    const token = tokenOf(route);
    assert.ok(token, `${route.name} says nothing`);
    const method = methodsOf(contracts).find(
      ({ parent, name }) => `/${parent.typeName}/${name}` === route.match.path,
    );
    if (method === undefined) {
      assert.equal(token.disabled, true, route.name);
      assert.ok(
        ['nothing', 'preflight', 'openapi', 'docs', 'health', 'jwks', 'payment-webhooks'].includes(
          route.name,
        ),
        route.name,
      );
      continue;
    }
    assert.equal(token.requirement_name, accessRule(method)?.public ? 'optional' : 'required', route.name);
  }
});

test('S-08: cookies reach the methods that read them, and nothing else; only there may a page send them', () => {
  const readers = new Set(edgeMethods(contracts).flatMap(({ path, cookies }) => (cookies ? [path] : [])));
  assert.ok(readers.size > 0);
  const cors = 'envoy.filters.http.cors';
  for (const { name, match, route, ...rest } of routes.filter((each) => each.route)) {
    const reads = readers.has(match.path ?? '');
    const taken = rest.request_headers_to_remove?.includes('cookie') ?? false;
    if (route?.cluster !== 'none') assert.equal(taken, !reads, name);
    assert.equal(JSON.stringify(rest.typed_per_filter_config[cors] ?? {}).includes('true'), !taken, name);
  }
});

test('only what its contract lets be repeated is ever sent again, and once', () => {
  const retried = routes.filter(({ route }) => route?.retry_policy);
  assert.ok(retried.length > 10);
  const reads = new Set(
    edgeMethods(contracts).flatMap(({ path, method }) => (isRepeatable(method) ? [path] : [])),
  );
  for (const { name, match, route } of retried) {
    assert.equal(route?.retry_policy?.num_retries, 1, name);
    assert.ok(match.path === '/.well-known/jwks.json' || reads.has(match.path ?? ''), name);
  }
});

test('what is for roles only asks for them, with the administrator; what customers may call does not', () => {
  const rbac = 'envoy.filters.http.rbac';
  for (const method of edgeMethods(contracts)) {
    for (const route of methodRoutes(method, ['order']) as Route[]) {
      const asked = findAll(route.typed_per_filter_config[rbac] ?? {}, 'exact');
      assert.deepEqual(asked, method.roles, method.path);
      assert.ok(asked.length === 0 || asked.includes('admin'));
    }
  }
});

test('what every service serves is routed by the service that the caller names', () => {
  const method = edgeMethods(contracts).find(({ domain }) => domain === 'platform');
  assert.ok(method);
  const made = methodRoutes(method, ['order', 'user']) as Route[];
  const named = made.map(({ match, route }) => [
    match.headers?.find(({ name }) => name === 'x-shopverse-service')?.string_match.exact,
    route?.cluster,
  ]);
  assert.deepEqual(named.slice(0, 2), [
    ['order', 'order'],
    ['user', 'user'],
  ]);
  assert.ok(named.slice(2).every(([, cluster]) => cluster === 'gateway-front'));
});

test('the last route of every list answers for everything that has none', () => {
  const lists = findAll(renderBootstrap(contracts, options), 'routes') as Route[][];
  assert.ok(lists.length > 100);
  for (const list of lists) {
    assert.equal(
      list.findIndex(({ match }) => match.prefix === '/' && !match.headers),
      list.length - 1,
    );
  }
});

test('without Zipkin there is neither a tracer nor a cluster for it', () => {
  assert.doesNotMatch(JSON.stringify(renderBootstrap(contracts, options)), /collector_cluster/);
  assert.match(
    JSON.stringify(renderBootstrap(contracts, { ...options, zipkinPort: 5 })),
    /collector_cluster/,
  );
});

/** Every value under this key, at any depth. */
function findAll(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    ...(name === key ? [inner] : []),
    ...findAll(inner, key),
  ]);
}
