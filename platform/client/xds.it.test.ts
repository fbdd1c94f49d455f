import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { bind, type Handlers } from '#platform/rpc/bind.ts';
import { type TestMesh, type TestService, testMesh } from '#platform/testing/test-mesh.ts';
import { waitFor } from '#platform/testing/wait-for.ts';

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const binary = globSync(join(cache, 'shopverse/istiod-*/istiod'))[0];
const host = 'cart.shopverse.svc.cluster.local';

let folder: string;
let port: number;
let istiod: ChildProcess;
let mesh: TestMesh;

const json = (name: string, content: unknown) => place(name, JSON.stringify(content));

async function place(name: string, content: string): Promise<void> {
  await writeFile(join(folder, 'next'), content);
  await rename(join(folder, 'next'), join(folder, name));
}

const manifests = [
  {
    kind: 'ServiceEntry',
    spec: {
      hosts: [host],
      location: 'MESH_INTERNAL',
      resolution: 'STATIC',
      ports: [{ number: 50051, name: 'grpc', protocol: 'GRPC' }],
      workloadSelector: { labels: { app: 'cart' } },
    },
  },
  {
    kind: 'DestinationRule',
    spec: { host, trafficPolicy: { tls: { mode: 'DISABLE' }, loadBalancer: { simple: 'ROUND_ROBIN' } } },
  },
];

function resource(kind: string, name: string, spec: object) {
  return { apiVersion: 'networking.istio.io/v1', kind, metadata: { name, namespace: 'shopverse' }, spec };
}

function enlist(name: string, service: TestService): Promise<void> {
  const spec = { address: '127.0.0.1', ports: { grpc: service.grpcPort }, labels: { app: 'cart' } };
  return json(`config/${name}.yaml`, resource('WorkloadEntry', name, spec));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : assert.fail();
}

async function startIstiod(): Promise<void> {
  istiod = spawn(
    binary ?? '',
    [
      ...['discovery', '--registries=', `--configDir=${join(folder, 'config')}`],
      ...[`--meshConfig=${join(folder, 'mesh.yaml')}`, `--grpcAddr=127.0.0.1:${port}`, '--secureGRPCAddr='],
      ...[`--httpAddr=127.0.0.1:${await freePort()}`, '--httpsAddr=', '--ctrlz_port=0'],
      ...[`--monitoringAddr=127.0.0.1:${await freePort()}`, '--log_output_level=default:error'],
    ],
    {
      cwd: folder,
      stdio: 'ignore',
      env: {
        ENABLE_CA_SERVER: 'false',
        PILOT_ENABLE_METADATA_EXCHANGE: 'false',
        POD_NAMESPACE: 'istio-system',
        POD_NAME: 'istiod-test',
        REVISION: 'default',
      },
    },
  );
  await waitFor('istiod to listen', () => listens(port));
}

function listens(at: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(at, '127.0.0.1', () => resolve(socket.destroy() !== undefined));
    socket.on('error', () => resolve(false));
  });
}

async function stopIstiod(): Promise<void> {
  const ended = new Promise((resolve) => istiod.once('exit', resolve));
  istiod.kill('SIGKILL');
  await ended;
}

before(async () => {
  if (binary === undefined) {
    return;
  }
  folder = await mkdtemp(join(tmpdir(), 'shopverse-xds-'));
  port = await freePort();
  await mkdir(join(folder, 'config'));
  await place('mesh.yaml', 'trustDomain: cluster.local\nrootNamespace: istio-system\n');
  for (const { kind, spec } of manifests) {
    await json(`config/${kind}.yaml`, resource(kind, 'cart', spec));
  }
  await json('bootstrap.json', {
    xds_servers: [
      { server_uri: `127.0.0.1:${port}`, channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] },
    ],
    node: {
      id: 'sidecar~127.0.0.1~gateway-1.shopverse~shopverse.svc.cluster.local',
      cluster: 'gateway',
      locality: {},
      metadata: { GENERATOR: 'grpc', NAMESPACE: 'shopverse', CLUSTER_ID: 'Kubernetes' },
    },
  });
  process.env.GRPC_XDS_BOOTSTRAP = join(folder, 'bootstrap.json');
  await startIstiod();
  mesh = await testMesh(['gateway', 'cart']);
});

after(async () => {
  if (binary !== undefined) {
    await mesh.close();
    await stopIstiod();
    await rm(folder, { recursive: true });
  }
});

test('calls go over from listed endpoints to istiod’s and follow it, through its death too, and none fails', {
  skip: binary === undefined && 'istiod is not built on this machine',
  timeout: 60_000,
}, async () => {
  const served = [0, 0];
  const instances: TestService[] = [];
  for (const index of [0, 1]) {
    const getCart = async () => {
      await sleep(5);
      served[index] = (served[index] ?? 0) + 1;
      return {};
    };
    const others = CartService.methods.map(({ localName }) => [localName, () => assert.fail(localName)]);
    const handlers = { ...Object.fromEntries(others), getCart } as Handlers<typeof CartService>;
    instances.push(await mesh.start('cart', () => ({ rpc: [bind(CartService, handlers)] })));
  }
  const [first, second] = instances;
  assert(first !== undefined && second !== undefined);
  const gateway = await mesh.runtime('gateway');
  const client = gateway.client(CartService, 'cart');
  await mesh.discover('static', { cart: [`127.0.0.1:${first.grpcPort}`] });
  let calling = true;
  const callers = Array.from({ length: 8 }, async () => {
    while (calling) {
      await client.getCart({});
    }
  });
  await sleep(200);
  assert.equal(served[1], 0);

  // Only istiod knows of the second instance: once it is called, calls go the new way.
  await enlist('cart-1', first);
  await enlist('cart-2', second);
  await mesh.discover('xds', {});
  await waitFor('the second instance to be called', () => (served[1] ?? 0) > 20, 20_000);

  await stopIstiod();
  const whenKilled = served[1] ?? 0;
  await waitFor('calls to go on without istiod', () => (served[1] ?? 0) > whenKilled + 50);
  await startIstiod();

  await rm(join(folder, 'config', 'cart-1.yaml'));
  const settled = await waitFor(
    'the first instance to be called no more',
    async () => {
      const before = served[0];
      await sleep(300);
      return served[0] === before;
    },
    20_000,
  );
  assert(settled);
  await first.stop();
  await sleep(200);
  calling = false;
  await Promise.all(callers);
});
