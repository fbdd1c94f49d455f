import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { install } from '../../local/install/artefact.ts';
import { kafka } from '../../local/parts/kafka/kafka.ts';
import { openSecrets } from '../../local/secrets.ts';
import { openStack } from '../../local/stack.ts';
import { launch, signal } from '../../local/supervisor/child.ts';

/** A Kafka broker that nobody else uses. */
export type OwnBroker = {
  readonly address: string;
  /** Kills it with SIGKILL, and starts it again after so long. Resolves when it listens, with when that was. */
  killAndRestart(awayMs: number): Promise<number>;
  /** Ends it and deletes its data. */
  close(): Promise<void>;
};

/** Far enough from the ports of the stack and of its tests. */
const APART = 1_200;
const READY_MS = 120_000;

/** Starts a broker as the stack has it, with data of its own. */
export async function ownBroker(): Promise<OwnBroker> {
  const { ports } = openStack({});
  const stack = openStack({ state: '.shopverse-kafka', portBase: ports.base + APART });
  const site = { stack, secrets: openSecrets(stack.state) };
  for (const artefact of kafka.artefacts ?? []) await install(stack.cache, artefact);
  const [unit] = kafka.units(site);
  if (unit === undefined) throw new Error('Kafka has no unit.');
  const begin = async () => {
    await unit.prepare?.();
    const id = await launch(unit.command, join(stack.state, 'logs/kafka.log'), () => undefined);
    const until = Date.now() + READY_MS;
    while (!(await unit.ready())) {
      if (Date.now() > until) throw new Error('The broker does not listen.');
      await sleep(20);
    }
    return id;
  };
  let id = await begin();
  const end = () => signal(id, 'SIGKILL');
  process.once('exit', end);
  return {
    address: `127.0.0.1:${stack.ports.kafka}`,
    async killAndRestart(awayMs) {
      signal(id, 'SIGKILL');
      await sleep(awayMs);
      id = await begin();
      return performance.now();
    },
    async close() {
      process.off('exit', end);
      end();
      await sleep(500);
      rmSync(stack.state, { recursive: true, force: true });
    },
  };
}
