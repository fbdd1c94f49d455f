import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials, Server, ServerCredentials, type ServiceError } from '@grpc/grpc-js';
import { isInstalled } from '../install/artefact.ts';
import { ISTIOD } from '../parts/istiod/build.ts';
import { istiod } from '../parts/istiod/istiod.ts';
import { instancePorts, portsFor } from '../ports.ts';
import { identityPaths, issueIdentities } from '../services/identity.ts';
import { openStack, type Stack } from '../stack.ts';
import { until } from '../supervisor/client.ts';
import { answers } from '../supervisor/probes.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { plainEdge } from './plain-edge.ts';
import { publish } from './publish.ts';
import type { Instance } from './workloads.ts';

const BASE = 27_000;
const METHOD = '/shopverse.order.v1.OrderService/PlaceOrder';
const identity = (bytes: Buffer) => bytes;

const state = mkdtempSync(join(tmpdir(), 'shopverse-change-over-'));
const stack: Stack = { ...openStack(), state, ports: portsFor(BASE) };
issueIdentities(state, ['order']);
const cleanups: (() => unknown)[] = [() => rmSync(state, { recursive: true, force: true })];
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

/** An instance of the order service that answers one method with its name. */
async function startInstance(
  n: number,
): Promise<Instance & { calls: () => number; stop: () => Promise<void> }> {
  const { grpc, http } = instancePorts(BASE, 'order', n);
  let calls = 0;
  const server = new Server();
  const method = {
    path: METHOD,
    requestStream: false,
    responseStream: false,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  };
  const own = identityPaths(state, 'order');
  const pem = readFileSync(own.key);
  const secured = ServerCredentials.createSsl(
    readFileSync(own.trust),
    [{ private_key: pem, cert_chain: pem }],
    true,
  );
  server.addService(
    { placeOrder: method },
    {
      placeOrder: (_: unknown, reply: (error: null, answer: Buffer) => void) => {
        calls += 1;
        setTimeout(() => reply(null, Buffer.from(`order-${n}`)), 20);
      },
    },
  );
  await new Promise<void>((resolve, reject) => {
    const listening = (error: Error | null) => (error ? reject(error) : resolve());
    server.bindAsync(`127.0.0.1:${grpc}`, secured, listening);
  });
  cleanups.push(() => server.forceShutdown());
  const stop = () => new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  return {
    name: `order-${n}`,
    service: 'order',
    version: 'v1',
    grpcPort: grpc,
    httpPort: http,
    calls: () => calls,
    stop,
  };
}

/** Calls through the edge without pause until it is stopped, and says what failed. */
function callSteadily(): () => Promise<{ made: number; failures: string[] }> {
  const client = new Client(`127.0.0.1:${stack.ports.edge}`, credentials.createInsecure());
  const failures: string[] = [];
  let made = 0;
  let going = true;
  const call = () =>
    new Promise<void>((resolve) => {
      const done = (error: ServiceError | null) => {
        made += 1;
        if (error) failures.push(error.message);
        resolve();
      };
      const deadline = Date.now() + 10_000;
      client.makeUnaryRequest(METHOD, identity, identity, Buffer.from('x'), { deadline }, done);
    });
  const lanes = Array.from({ length: 4 }, async () => {
    while (going) await call();
  });
  return async () => {
    going = false;
    await Promise.all(lanes);
    client.close();
    return { made, failures };
  };
}

test('the change-over from files to istiod loses no call, nor do instances that come and go', async (t) => {
  if (!isInstalled(stack.cache, ISTIOD)) return t.skip('istiod is not built on this machine yet');
  const [first, second] = [await startInstance(1), await startInstance(2)];
  publish(stack, 'static', ['order'], [first]);
  const supervisor = new Supervisor(state);
  supervisor.manage([plainEdge(stack)]);
  const done = supervisor.run();
  cleanups.push(() => {
    supervisor.stop();
    return done;
  });
  assert.ok(await until(30_000, async () => supervisor.serving().length === 1), 'the edge did not come up');

  const stopCalling = callSteadily();
  assert.ok(await until(10_000, async () => first.calls() > 50), 'no call came through by files');

  const site = { stack, secrets: () => '' };
  supervisor.manage([plainEdge(stack), ...istiod.units(site)]);
  assert.ok(await until(30_000, async () => supervisor.serving().length === 2), 'istiod did not come up');
  publish(stack, 'xds', ['order'], [first]);
  assert.ok(await until(20_000, endpointsComeFromIstiod), 'the edge did not change over');

  publish(stack, 'xds', ['order'], [first, second]);
  assert.ok(await until(10_000, async () => second.calls() > 20), 'the second instance was not found');

  publish(stack, 'xds', ['order'], [second]);
  await sleep(1_500); // as long as an instance that is about to stop goes on serving
  await first.stop();
  const before = second.calls();
  assert.ok(
    await until(10_000, async () => second.calls() > before + 50),
    'calls stopped with the first instance',
  );

  const { made, failures } = await stopCalling();
  assert.deepEqual(failures, []);
  assert.ok(made > 100);
});

async function endpointsComeFromIstiod(): Promise<boolean> {
  const dump = `http://127.0.0.1:${stack.ports.envoyAdmin}/config_dump?resource=dynamic_active_clusters`;
  return answers(dump, (text) => text.includes('outbound|50051||order.shopverse.svc.cluster.local'));
}
