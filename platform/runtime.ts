import type { DescService } from '@bufbuild/protobuf';
import { v7 as uuidv7 } from 'uuid';
import { type AccessTokens, createAccessTokens } from '#platform/auth/access-token.ts';
import { type EndedSessions, followEndedSessions } from '#platform/auth/ended-sessions.ts';
import { followCertificate, type WorkloadCertificate } from '#platform/auth/workload-certificate.ts';
import { createPeerChannel, type PeerChannel } from '#platform/client/channel.ts';
import { type Client, createClient } from '#platform/client/client.ts';
import { type Discovery, followDiscovery } from '#platform/client/discovery.ts';
import { ConfigError } from '#platform/config/config.ts';
import { type ProcessConfig, readProcessConfig } from '#platform/config/process-config.ts';
import { connectDatabase } from '#platform/db/connect.ts';
import type { Database, MigrationSet } from '#platform/db/database.ts';
import { armOnSignal } from '#platform/failpoint/failpoint.ts';
import { connectKafka } from '#platform/kafka/connect.ts';
import type { Kafka } from '#platform/kafka/kafka.ts';
import { createLogger, type Logger } from '#platform/log/logger.ts';
import { type CallMetrics, createCallMetrics } from '#platform/metrics/call-metrics.ts';
import type { Clock, Ids } from '#platform/ports.ts';
import { startTracing } from '#platform/telemetry/tracing.ts';

export type { Clock, Ids };

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
  /** What runService serves with. Not for services. */
  readonly kernel: Kernel;
};

/** The kernel's parts that one process has one of. */
export type Kernel = {
  readonly config: ProcessConfig;
  readonly users: AccessTokens;
  readonly endedSessions: EndedSessions;
  readonly certificate: WorkloadCertificate;
  readonly metrics: CallMetrics;
  readonly discovery: Discovery;
  /** Closes channels, Kafka and telemetry; the last thing a process does. */
  close(): Promise<void>;
};

/** For how long an ended session is remembered: longer than any access token lives. Milliseconds. */
const endedSessionMs = 10 * 60_000;

/**
 * Starts telemetry and logging, reads this workload's identity and the discovery file. Throws ConfigError naming
 * every key of the environment that is missing or wrong. Nothing that is away is waited for.
 */
export async function createRuntime(config: ProcessConfig = readProcessConfig()): Promise<Runtime> {
  const service = config.SHOPVERSE_SERVICE;
  const instance = config.SHOPVERSE_INSTANCE;
  const log = createLogger({ service, instance, level: config.LOG_LEVEL });
  if (config.SHOPVERSE_FAILPOINTS_FILE !== undefined) {
    armOnSignal(config.SHOPVERSE_FAILPOINTS_FILE, log);
  }
  const tracing = startTracing({
    service,
    instance,
    zipkinUrl: config.ZIPKIN_URL,
    ratio: config.TRACE_SAMPLE_RATIO,
  });
  const clock: Clock = { now: () => new Date() };
  const ids: Ids = { uuid: uuidv7 };
  const now = () => clock.now().getTime();
  const discovery = await followDiscovery(config.SHOPVERSE_DISCOVERY, log);
  const certificate = await followCertificate({
    identityPath: config.SHOPVERSE_IDENTITY,
    trustPath: config.SHOPVERSE_TRUST,
    log,
  });
  const endedSessions = followEndedSessions({
    // The user service answers it beside its keys.
    url: new URL('ended-sessions', config.JWKS_URL),
    lifetimeMs: endedSessionMs,
    log,
    now,
  });
  const users = createAccessTokens({
    isEnded: endedSessions.has,
    jwksUrl: new URL(config.JWKS_URL),
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    log,
    now,
  });
  const metrics = createCallMetrics(service, config.SHOPVERSE_VERSION);
  const kafka = await connectKafka({
    client: config.KAFKA_CLIENT,
    brokers: config.KAFKA_BROKERS.split(','),
    clientId: instance,
    log,
  });
  const channels = new Map<string, PeerChannel>();

  return {
    service,
    instance,
    log,
    clock,
    ids,
    kafka,
    database: (migrations) => {
      if (config.DATABASE_URL === undefined) {
        throw new ConfigError('DATABASE_URL is missing.');
      }
      return connectDatabase({ url: config.DATABASE_URL, service, migrations, clock, ids, log });
    },
    client: (contract, peer) => {
      const channel = channels.get(peer) ?? createPeerChannel(peer, discovery, certificate, log);
      channels.set(peer, channel);
      return createClient(contract, { peer, channel, metrics, ids });
    },
    kernel: {
      config,
      users,
      endedSessions,
      certificate,
      metrics,
      discovery,
      close: async () => {
        users.stop();
        endedSessions.stop();
        certificate.stop();
        discovery.stop();
        for (const channel of channels.values()) {
          channel.close();
        }
        await kafka.close();
        await tracing.stop();
      },
    },
  };
}
