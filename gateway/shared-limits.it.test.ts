import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { stringify } from 'yaml';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { isInstalled, placeOf } from '../local/install/artefact.ts';
import { RATELIMIT } from '../local/parts/ratelimit/build.ts';
import { limitCommand } from '../local/parts/ratelimit/ratelimit.ts';
import { openStack } from '../local/stack.ts';
import { LIMITS, limitServiceConfig } from './envoy/rate-limits.ts';
import { type Edge, startEdge } from './testing/edge.ts';
import { post } from './testing/post.ts';
import { freePorts } from './testing/run-edge.ts';
import { pathOf } from './testing/upstream.ts';

const { logIn } = UserService.method;
const { cache } = openStack();
const installed = isInstalled(cache, RATELIMIT);
/** What one Envoy lets pass by its own count, and all of them together. */
const own = { ...LIMITS, methods: { [pathOf(logIn)]: { requests: 20, per: 'hour' } } } as const;
const shared = { ...LIMITS, methods: { [pathOf(logIn)]: { requests: 10, per: 'hour' } } } as const;
/** Of this run: the counts of another one are still in Redis. */
const address = `127.${[...randomBytes(3)].map((byte) => 1 + (byte % 250)).join('.')}`;

const edges: Edge[] = [];
let service: ChildProcess;
const home = mkdtempSync(join(tmpdir(), 'ratelimit-'));

before(async () => {
  if (!installed) return;
  const [grpc, http, debug] = await freePorts(3);
  mkdirSync(join(home, 'config'));
  writeFileSync(join(home, 'config', 'edge.yaml'), stringify(limitServiceConfig(shared)));
  const redis = new URL(stackCoordinates().redis.url);
  const command = limitCommand({
    file: join(placeOf(cache, RATELIMIT), 'ratelimit'),
    home,
    ports: { grpc, http, debug },
    redis: { port: Number(redis.port), auth: `${redis.username || 'default'}:${redis.password}` },
  });
  service = spawn(command.file, { cwd: home, env: { ...command.env }, stdio: 'ignore' });
  await waitFor(
    'the rate limit service',
    async () => (await fetch(`http://127.0.0.1:${http}/healthcheck`)).ok,
  );
  for (const _ of [1, 2])
    edges.push(await startEdge([UserService], { limits: own, rateLimitPort: grpc, rateLimitWaitMs: 5000 }));
  for (const { upstream } of edges) upstream.answer(logIn, () => ({}));
});
after(async () => {
  service?.kill();
  for (const edge of edges) await edge.stop();
  rmSync(home, { recursive: true, force: true });
});

async function logInOften(times: number): Promise<number> {
  let passed = 0;
  for (let n = 0; n < times; n++) {
    const { code } = await post(edges[n % 2]?.url ?? '', logIn, address);
    assert.ok(code === 0 || code === status.RESOURCE_EXHAUSTED, `code ${code}`);
    passed += code === 0 ? 1 : 0;
  }
  return passed;
}

test('S-58 S-59 Envoys count together; with the count away each goes on with its own, and nobody is refused wrongly', {
  skip: !installed && 'the rate limit service is not built on this machine yet',
}, async () => {
  // The first calls find the connection to the service still being made.
  await waitFor('the shared count to be asked', async () => {
    const { headers } = await post(edges[0]?.url ?? '', logIn, '127.0.0.1');
    return String(headers['x-ratelimit-limit'] ?? '').includes('10');
  });
  assert.equal(await logInOften(16), 10, 'ten for both together');
  service.kill('SIGKILL');
  await once(service, 'exit');
  // Each has counted eight of those sixteen by itself, and lets pass what is left of its twenty.
  assert.equal(await logInOften(40), 24);
});
