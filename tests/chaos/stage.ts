import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { pino } from 'pino';
import { connectKafka } from '#platform/kafka/connect.ts';
import type { Kafka } from '#platform/kafka/kafka.ts';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { failpointsPath } from '../../local/services/environment.ts';
import { wishInstances } from '../../local/services/wishes.ts';
import type { Stack } from '../../local/stack.ts';
import { askStatus, command, until } from '../../local/supervisor/client.ts';

const SCALED_MS = 120_000;

/** The stack on which faults are played, and the hands that reach into it. */
export type Stage = {
  readonly stack: Stack;
  /** The process ids of a unit that runs now, such as `order-1`; throws when it doesn't. */
  pid(unit: string): Promise<number>;
  /** The units that are instances of a service, or the unit of that name. */
  units(name: string): Promise<readonly string[]>;
  /** SIGKILL. The supervisor starts it again. */
  kill(unit: string): Promise<void>;
  signal(unit: string, name: 'SIGSTOP' | 'SIGCONT' | 'SIGUSR2'): Promise<void>;
  /** Stops in order and starts again; resolves when it has stopped. */
  restart(unit: string): Promise<void>;
  /** Runs so many instances of a service; resolves when they are up, and throws when they don't get there in 120 s. */
  scale(service: string, instances: number): Promise<void>;
  /** Puts failpoints into the running instance, instead of those that were; empty takes them away. */
  arm(instance: string, failpoints: string): Promise<void>;
  /** Waits until every process is up; false when that doesn't come about. */
  allUp(patienceMs: number): Promise<boolean>;
  /** How often a unit was started again since the stack was made. */
  restarts(unit: string): Promise<number>;
  /** As Postgres's administrator, in this database. */
  sql(database: string, statement: string): Promise<pg.QueryResult>;
  /** With the right to do everything, as an operator's hand that slips. */
  redis(work: (redis: Redis) => Promise<unknown>): Promise<void>;
  kafka(): Promise<Kafka>;
  close(): Promise<void>;
};

/** Takes hold of a running stack. */
export function openStage(stack: Stack): Stage {
  const { postgres, kafka: broker, redis: cache } = stackCoordinates(stack.state);
  let kafka: Promise<Kafka> | undefined;
  const statusOf = async () => {
    const status = await askStatus(stack);
    if (status === undefined) throw new Error('The stack is not running. Start it with ./shopverse up.');
    return status.units;
  };
  const unitOf = async (name: string) => {
    const unit = (await statusOf()).find((each) => each.name === name);
    if (unit === undefined) throw new Error(`There is no ${name} in this stack.`);
    return unit;
  };
  const pid = async (name: string) => {
    const unit = await unitOf(name);
    if (unit.pid === undefined) throw new Error(`${name} does not run.`);
    return unit.pid;
  };
  const stage: Stage = {
    stack,
    pid,
    async units(name) {
      const names = (await statusOf()).map((unit) => unit.name);
      return names.filter((each) => each === name || each.replace(/-\d$/, '') === name);
    },
    kill: (unit) => command(stack, 'kill', unit),
    async signal(unit, name) {
      process.kill(await pid(unit), name);
    },
    restart: (unit) => command(stack, 'restart', unit),
    async scale(service, instances) {
      // The supervisor sees the wish by itself within seconds; it may be too busy to answer each time.
      wishInstances(stack.state, service, instances);
      const there = await until(SCALED_MS, async () => {
        const units = (await askStatus(stack))?.units ?? [];
        const own = units.filter(({ name }) => name.replace(/-\d$/, '') === service);
        return own.length === instances && own.every(({ phase }) => phase === 'up');
      });
      if (!there) throw new Error(`${service} did not come to ${instances} instances.`);
    },
    async arm(instance, failpoints) {
      const path = failpointsPath(stack.state, instance);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, failpoints, { mode: 0o600 });
      const unit = await unitOf(instance);
      // A process that is just starting has no handler yet, and the signal would end it.
      if (unit.pid !== undefined && unit.phase === 'up') process.kill(unit.pid, 'SIGUSR2');
    },
    allUp: (patienceMs) =>
      until(patienceMs, async () => (await statusOf()).every(({ phase }) => phase === 'up')),
    restarts: async (unit) => (await unitOf(unit)).restarts,
    async sql(database, statement) {
      const url = new URL(postgres.adminUrl);
      url.pathname = `/${database}`;
      const client = new pg.Client({ connectionString: url.href });
      await client.connect();
      try {
        return await client.query(statement);
      } finally {
        await client.end();
      }
    },
    async redis(work) {
      const client = new Redis(cache.url, { maxRetriesPerRequest: 3, lazyConnect: true });
      await client.connect();
      try {
        await work(client);
      } finally {
        client.disconnect();
      }
    },
    kafka() {
      kafka ??= connectKafka({
        client: 'kafkajs',
        brokers: broker.brokers.split(','),
        clientId: 'shopverse-chaos',
        log: pino({ level: 'fatal' }),
      });
      return kafka;
    },
    close: async () => (await kafka)?.close(),
  };
  return stage;
}
