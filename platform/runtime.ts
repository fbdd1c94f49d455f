import type { DescService } from '@bufbuild/protobuf';
import type { Client } from '#platform/client/client.ts';
import type { Database, MigrationSet } from '#platform/db/database.ts';
import type { Kafka } from '#platform/kafka/kafka.ts';
import type { Logger } from '#platform/log/logger.ts';

/** The time, as a port, so that tests can hold it. */
export type Clock = { now(): Date };

/** New identifiers, as a port. `uuid` is a UUIDv7: unique, and in the order of making. */
export type Ids = { uuid(): string };

/** Everything a service is built from. A service's main makes one and hands on what each part needs. */
export type Runtime = {
  readonly service: string;
  readonly instance: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly kafka: Kafka;
  /** Connects, and applies the kernel's own migrations and then the given ones. */
  database<Tables>(migrations: MigrationSet): Promise<Database<Tables>>;
  /** A client of a peer over the mesh. It connects with its first call. */
  client<S extends DescService>(service: S, peer: string): Client<S>;
};

/** Reads the process's environment, starts telemetry and logging. Throws ConfigError naming every wrong key. */
export async function createRuntime(): Promise<Runtime> {
  throw new Error('not started');
}
