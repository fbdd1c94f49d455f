import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { type TestMesh, testMesh } from '#platform/testing/test-mesh.ts';

let mesh: TestMesh;
const children: ChildProcess[] = [];
const orderId = '018f4b1e-0000-7000-8000-000000000001';

before(async () => {
  mesh = await testMesh(['order']);
});

after(async () => {
  for (const child of children) {
    child.kill('SIGKILL');
  }
  await mesh.close();
});

const program = `
  import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
  import { bind } from '#platform/rpc/bind.ts';
  import { createRuntime } from '#platform/runtime.ts';
  import { runService } from '#platform/service/run-service.ts';
  const runtime = await createRuntime();
  const answer = () => new Promise((resolve) => setTimeout(() => resolve({ order: { orderId: 'late' } }), 700));
  const handlers = Object.fromEntries(OrderService.methods.map(({ localName }) => [localName, answer]));
  await runService(runtime, { rpc: [bind(OrderService, handlers)] });
  Promise.reject(new Error('nobody looks'));
`;

type Lines = { msg: string; grpc_port?: number }[];

async function start(
  environment: NodeJS.ProcessEnv,
): Promise<{ child: ChildProcess; lines: Lines; out: () => string }> {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const lines: Lines = [];
  let text = '';
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.stdout?.on('data', (chunk) => {
      text += chunk;
      const whole = text.split('\n');
      text = whole.pop() ?? '';
      lines.push(...whole.map((line) => JSON.parse(line)));
      if (lines.some(({ msg }) => msg === 'a promise failed unseen')) {
        resolve();
      }
    });
  });
  return { child, lines, out: () => errors };
}

function exited(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', resolve));
}

test('F-30: SIGTERM lets the call in flight finish and the process ends cleanly', async () => {
  const { child, lines } = await start({ ...mesh.environment('order'), LOG_LEVEL: 'info' });
  const port = lines.find(({ msg }) => msg === 'serving')?.grpc_port ?? assert.fail(JSON.stringify(lines));
  const client = mesh.outside(OrderService, port, { token: await mesh.token() });
  const late = client.getOrder({ orderId });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const started = performance.now();
  const exit = exited(child);
  child.kill('SIGTERM');
  assert.equal((await late).order?.orderId, 'late');
  assert.equal(await exit, 0);
  assert(performance.now() - started < 10_000);
  client.close();
});

test('a process without its environment says all that is missing and ends', async () => {
  const { out } = await start({});
  assert.match(
    out(),
    /ConfigError: SHOPVERSE_SERVICE is missing\. SHOPVERSE_INSTANCE is missing\..*SHOPVERSE_TRUST is missing\./,
  );
});
