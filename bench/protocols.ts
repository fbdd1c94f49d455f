import { Agent, request } from 'node:http';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import { BatchGetAvailabilityRequestSchema } from '#gen/shopverse/inventory/v1/inventory_service_pb.ts';
import { edgeUrl } from '../local/shop/session.ts';
import { openStack } from '../local/stack.ts';
import { conditions, openLoop, round } from './open-loop.ts';
import { partsCpu } from './parts-cpu.ts';

// One public read through the edge of the running stack, over each protocol: BatchGetAvailability of two SKUs, open loop,
// so that a slow answer delays no other call. One JSON line a protocol: latency from when a call was due, and CPU a call
// of each process on the way, less what it uses idle.
const rate = Number(process.env.RATE ?? 100);
const seconds = Number(process.env.SECONDS ?? 10);
const WARM_UP_SECONDS = 5;
const IDLE_MS = 5_000;
const PATH = '/shopverse.inventory.v1.InventoryService/BatchGetAvailability';
const PROCESSES = ['envoy', 'gateway-1', 'inventory-1'];

const stack = openStack({});
const edge = new URL(edgeUrl(stack));
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

const before = partsCpu(stack);
await sleep(IDLE_MS);
const after = partsCpu(stack);
for (const [protocol, call] of Object.entries(protocols)) {
  const load = loadavg()[0];
  await openLoop({ rate, seconds: WARM_UP_SECONDS, warmUpSeconds: 0 }, call);
  const start = partsCpu(stack);
  const began = performance.now();
  const measured = await openLoop({ rate, seconds, warmUpSeconds: 0 }, call);
  const ms = performance.now() - began;
  const end = partsCpu(stack);
  const cpu = PROCESSES.map((name) => {
    const resting = (used(before, after, name) / IDLE_MS) * ms;
    return [
      `${name.replace(/-1$/, '')}CpuMs`,
      round(Math.max(0, used(start, end, name) - resting) / measured.calls),
    ] as const;
  });
  console.log(
    JSON.stringify({
      ...{ bench: 'protocols', protocol, rate, seconds, ...measured },
      ...Object.fromEntries(cpu),
      ...{ cpuMs: round(cpu.reduce((sum, [, each]) => sum + each, 0)), ...conditions(load) },
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

type Cpu = ReadonlyMap<string, number>;

function used(from: Cpu, to: Cpu, name: string): number {
  return (to.get(name) ?? 0) - (from.get(name) ?? 0);
}
