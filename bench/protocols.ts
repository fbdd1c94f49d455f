import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import { BatchGetAvailabilityRequestSchema } from '#gen/shopverse/inventory/v1/inventory_service_pb.ts';
import { stackCoordinates } from '#platform/testing/stack.ts';

// One public read through the edge of the running stack, over each protocol: BatchGetAvailability of two SKUs, open loop,
// so that a slow answer delays no other call. One JSON line a protocol: latency from when a call was due, and CPU a call
// of each process on the way, less what it uses idle.
const conditions = {
  perSecond: Number(process.env.RATE ?? 100),
  seconds: Number(process.env.SECONDS ?? 10),
};
const PATH = '/shopverse.inventory.v1.InventoryService/BatchGetAvailability';
const PROCESSES = ['envoy', 'gateway-1', 'inventory-1'];

const edge = new URL(String((stackCoordinates() as unknown as { edge: { url: string } }).edge.url));
const agent = new Agent({ keepAlive: true });
const channel = new Client(edge.host, credentials.createInsecure());
const skus = ['sku-a', 'sku-b'];
const json = JSON.stringify({ skus });
const binary = Buffer.from(
  toBinary(BatchGetAvailabilityRequestSchema, create(BatchGetAvailabilityRequestSchema, { skus })),
);
const framed = Buffer.concat([Buffer.from([0, 0, 0, 0, binary.byteLength]), binary]);
const inQuery = `${PATH}?connect=v1&encoding=json&message=${encodeURIComponent(json)}`;

const protocols: Readonly<Record<string, () => Promise<void>>> = {
  gRPC: grpc,
  'gRPC-Web': () => send('POST', PATH, 'application/grpc-web+proto', framed),
  REST: () => send('GET', `/v1/availability?${skus.map((sku) => `skus=${sku}`).join('&')}`),
  'Connect binary': () => send('POST', PATH, 'application/proto', binary),
  'Connect JSON': () => send('POST', PATH, 'application/json', json),
  'Connect GET': () => send('GET', inQuery),
};

const idle = await idleMsPerSecond();
for (const [protocol, call] of Object.entries(protocols)) {
  await load(call, 5);
  const before = cpuMs();
  const { latencies, failures } = await load(call, conditions.seconds);
  const after = cpuMs();
  const calls = conditions.perSecond * conditions.seconds;
  const cpu = PROCESSES.map((name, at) => {
    const used = (after[at] ?? 0) - (before[at] ?? 0) - (idle[at] ?? 0) * conditions.seconds;
    return [`${name.replace(/-1$/, '')}CpuMs`, round(Math.max(0, used) / calls)] as const;
  });
  latencies.sort((a, b) => a - b);
  console.log(
    JSON.stringify({
      ...{ bench: 'protocols', protocol, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) },
      ...Object.fromEntries(cpu),
      ...{ cpuMs: round(cpu.reduce((sum, [, ms]) => sum + ms, 0)), failures, ...conditions },
      ...{ cores: availableParallelism(), load1m: round(loadavg()[0] ?? 0), node: process.version },
    }),
  );
}
channel.close();
agent.destroy();

function grpc(): Promise<void> {
  const same = (value: Buffer) => value;
  return new Promise((resolve, reject) => {
    channel.makeUnaryRequest(PATH, same, same, binary, (error) => (error ? reject(error) : resolve()));
  });
}

function send(method: string, path: string, type?: string, body?: string | Buffer): Promise<void> {
  const headers = type === undefined ? {} : { 'content-type': type };
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, edge), { method, agent, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`answered ${answer.statusCode}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function load(
  call: () => Promise<void>,
  seconds: number,
): Promise<{ latencies: number[]; failures: number }> {
  const latencies: number[] = [];
  let failures = 0;
  const calls: Promise<void>[] = [];
  const started = performance.now();
  for (let n = 0; n < conditions.perSecond * seconds; n++) {
    const due = started + (n * 1000) / conditions.perSecond;
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    calls.push(
      call().then(
        () => void latencies.push(performance.now() - due),
        () => {
          failures += 1;
        },
      ),
    );
  }
  await Promise.all(calls);
  return { latencies, failures };
}

async function idleMsPerSecond(): Promise<number[]> {
  const before = cpuMs();
  await sleep(5000);
  return cpuMs().map((ms, at) => (ms - (before[at] ?? 0)) / 5);
}

/** The CPU that each process has used so far; the kernel counts in ticks of 10 ms. */
function cpuMs(): number[] {
  return PROCESSES.map((name) => {
    const run = join(process.env.SHOPVERSE_STATE ?? '.shopverse', 'run', `${name}.json`);
    const { pid } = JSON.parse(readFileSync(run, 'utf8')) as { pid: number };
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  });
}

function quantile(sorted: readonly number[], q: number): number {
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
