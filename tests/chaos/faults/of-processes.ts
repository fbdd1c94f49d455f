import { setTimeout as sleep } from 'node:timers/promises';
import { byItself, type Fault } from '../fault.ts';
import type { Stage } from '../stage.ts';

/** Which processes are killed with SIGKILL, and by which row. */
const killed: Readonly<Record<string, string>> = {
  gateway: 'F-01',
  user: 'F-01',
  product: 'F-01',
  cart: 'F-01',
  order: 'F-01',
  inventory: 'F-01',
  payment: 'F-01',
  analytics: 'F-01',
  'payment-simulator': 'F-28',
  kafka: 'F-05',
  redis: 'F-16',
  postgres: 'F-11',
  clickhouse: 'F-24',
  'flink-taskmanager': 'F-23',
  'flink-jobmanager': 'F-23',
  istiod: 'F-01',
  envoy: 'F-31',
  zipkin: 'F-33',
  prometheus: 'F-33',
};

/** Which processes are frozen for a while, and by which row. */
const frozen: Readonly<Record<string, string>> = {
  order: 'F-04',
  inventory: 'F-04',
  payment: 'F-04',
  cart: 'F-04',
  'payment-simulator': 'F-28',
  kafka: 'F-07',
  redis: 'F-16',
  clickhouse: 'F-24',
  'flink-taskmanager': 'F-23',
  envoy: 'F-31',
  zipkin: 'F-33',
};

/** Frozen from 5 s to 30 s, which is beyond every session and keepalive. */
const FREEZES_S = [5, 12, 30];
const PAIRED = ['order', 'inventory', 'payment'];
const ROLLED = ['order', 'inventory', 'payment', 'cart', 'user'];

/** Processes that end, stop for a while, or are restarted in order. */
export const processFaults: readonly Fault[] = [
  ...Object.entries(killed).map(
    ([name, row]): Fault => ({
      row,
      name: `kill -9 ${name}`,
      async inject(stage, dice) {
        await stage.kill(dice.one(await stage.units(name)));
        return byItself;
      },
    }),
  ),
  ...Object.entries(frozen).map(
    ([name, row]): Fault => ({
      row,
      name: `freeze ${name}`,
      async inject(stage, dice) {
        const unit = dice.one(await stage.units(name));
        const pid = await stage.pid(unit);
        const seconds = dice.one(FREEZES_S);
        process.kill(pid, 'SIGSTOP');
        return async () => {
          await sleep(seconds * 1_000);
          process.kill(pid, 'SIGCONT');
        };
      },
    }),
  ),
  {
    row: 'F-30',
    name: 'restart a service',
    async inject(stage, dice) {
      await restart(stage, dice.one(ROLLED));
      return byItself;
    },
  },
  {
    row: 'F-29',
    name: 'rolling restart',
    inject: async (stage, dice) => {
      for (const service of dice.shuffled(ROLLED)) await restart(stage, service);
      return byItself;
    },
  },
  {
    row: 'F-29',
    name: 'one of two instances is killed',
    // Partitions go to the second instance, to the one that is left, and back to the first.
    async inject(stage, dice) {
      for (const service of PAIRED) await stage.scale(service, 2);
      await sleep(2_000);
      for (const service of dice.shuffled(PAIRED)) {
        await stage.kill(dice.one(await stage.units(service)));
        await sleep(dice.below(1_000));
      }
      return async () => {
        await sleep(3_000);
        for (const service of dice.shuffled(PAIRED)) await stage.scale(service, 1);
      };
    },
  },
];

async function restart(stage: Stage, service: string): Promise<void> {
  for (const unit of await stage.units(service)) {
    await stage.restart(unit);
    await stage.allUp(90_000);
  }
}
