import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES, type ServiceName } from '../ports.ts';

/** What one service is run with, beyond what all have. */
export type ServiceFacts = {
  readonly name: ServiceName;
  /** Its entry, from the clone's root. */
  readonly main: string;
  /** Parts and other services that it needs at its first start. */
  readonly needs: readonly string[];
  /** Node's old-space limit in MB. */
  readonly heapMb: number;
};

const NEEDS: Partial<Record<ServiceName, readonly string[]>> = {
  analytics: ['postgres', 'kafka', 'redis', 'clickhouse'],
  'payment-simulator': [],
};

/** Every service that can be started, whether it is written yet or not. */
export const SERVICE_FACTS: readonly ServiceFacts[] = SERVICES.map((name) => ({
  name,
  main: name === 'payment-simulator' ? 'services/payment/simulator/main.ts' : `services/${name}/main.ts`,
  needs: NEEDS[name] ?? ['postgres', 'kafka', 'redis'],
  heapMb: name === 'product' ? 192 : 128,
}));

/** The services that own a database. */
export const OWNERS: readonly string[] = SERVICES.filter((name) => name !== 'payment-simulator');

/** The services whose code is there. */
export function writtenServices(root: string): readonly ServiceFacts[] {
  return SERVICE_FACTS.filter((facts) => existsSync(join(root, facts.main)));
}

/** The services whose code is not there yet. */
export function unwritten(root: string): string[] {
  return SERVICE_FACTS.filter((facts) => !existsSync(join(root, facts.main))).map((facts) => facts.name);
}
