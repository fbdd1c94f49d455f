import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import {
  AddItemRequestSchema,
  CartService,
  GetCartRequestSchema,
} from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { encode } from '#platform/rpc/codec.ts';
import { presenting } from '#platform/testing/test-mesh.ts';
import { cpuOf } from '../local/process-table.ts';
import type { Ready } from './kernel/server.ts';
import { conditions, quantile, round } from './open-loop.ts';

// What the kernel costs: the same handler on bare grpc-js, and behind everything that a service has (mutual TLS, the
// caller's identity and token, access, validation, deadline, metrics, logs, one call in ten traced; for a write the
// idempotency key too). A read answers from memory, a write inserts a row. Taking turns, each server a process of its
// own, 16 calls at once. One JSON line: calls a second, latency, and the server's CPU a call.
const seconds = Number(process.env.SECONDS ?? 3);
const rounds = Number(process.env.ROUNDS ?? 3);
const AT_ONCE = 16;
const WARM_UP_SECONDS = 2;

type Kind = 'read' | 'write';
type Tally = { took: number[]; ms: number; cpuMs: number };

const load = loadavg()[0];
const servers = await Promise.all([opened('bare'), opened('kernel')]);
try {
  const figures: Record<string, Record<string, object>> = {};
  for (const kind of ['read', 'write'] as const) {
    for (const server of servers) await stretch(server, kind, WARM_UP_SECONDS, none());
    const tallies = new Map(servers.map((server) => [server, none()]));
    for (let turn = 0; turn < rounds; turn++) {
      for (const server of turn % 2 === 0 ? servers : servers.toReversed()) {
        await stretch(server, kind, seconds, tallies.get(server) ?? none());
      }
    }
    figures[kind] = Object.fromEntries(Array.from(tallies, ([server, tally]) => [server.name, told(tally)]));
  }
  console.log(
    JSON.stringify({ bench: 'kernel', ...figures, atOnce: AT_ONCE, rounds, seconds, ...conditions(load) }),
  );
} finally {
  await Promise.all(servers.map((server) => server.close()));
}

type Server = Awaited<ReturnType<typeof opened>>;

async function opened(name: 'bare' | 'kernel') {
  const child = fork(join(import.meta.dirname, 'kernel/server.ts'), [name], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const { port, token, trust, certificate } = await new Promise<Ready>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Ready));
    child.once('exit', (code) => reject(new Error(`The ${name} server ended with ${code}.`)));
  });
  const channel = new Client(
    `127.0.0.1:${port}`,
    trust === undefined ? credentials.createInsecure() : presenting(Buffer.from(trust), certificate),
    { 'grpc.ssl_target_name_override': 'service-under-test' },
  );
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return {
    name,
    cpuMs: () => cpuOf([child.pid ?? 0]).get(child.pid ?? 0) ?? 0,
    call: (kind: Kind) =>
      new Promise<void>((resolve, reject) => {
        const method = kind === 'read' ? CartService.method.getCart : CartService.method.addItem;
        const request =
          kind === 'read'
            ? encode(GetCartRequestSchema, {})
            : encode(AddItemRequestSchema, { requestId: randomUUID(), sku: 'sku-1', quantity: 1 });
        channel.makeUnaryRequest(
          `/${CartService.typeName}/${method.name}`,
          asIs,
          asIs,
          request,
          metadata,
          { deadline: Date.now() + 30_000 },
          (error) => (error === null ? resolve() : reject(error)),
        );
      }),
    close() {
      channel.close();
      return new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
        child.send('stop');
      });
    },
  };
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

function none(): Tally {
  return { took: [], ms: 0, cpuMs: 0 };
}

async function stretch(server: Server, kind: Kind, lasting: number, tally: Tally): Promise<void> {
  const cpu = server.cpuMs();
  const began = performance.now();
  const caller = async () => {
    while (performance.now() - began < lasting * 1_000) {
      const start = performance.now();
      await server.call(kind);
      tally.took.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  tally.ms += performance.now() - began;
  tally.cpuMs += server.cpuMs() - cpu;
}

function told({ took, ms, cpuMs }: Tally) {
  const sorted = took.toSorted((a, b) => a - b);
  return {
    perSecond: round(took.length / (ms / 1_000)),
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    serverCpuUsPerCall: round((cpuMs * 1_000) / took.length),
  };
}
