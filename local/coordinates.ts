import { join } from 'node:path';
import { writeIfChanged } from './files.ts';
import type { Site } from './parts/part.ts';
import { adminUrl } from './parts/postgres/postgres.ts';
import { redisUrl } from './parts/redis.ts';
import { plannedInstances } from './plan.ts';
import { ADMINISTRATOR, jwksUrl, providerUrl } from './services/environment.ts';

/** Writes stack.json: where everything of this stack answers, for tests and tools. Holds passwords, so only its owner reads it. */
export function writeCoordinates(site: Site): void {
  const { stack, secrets } = site;
  const { ports } = stack;
  const http = (port: number) => `http://127.0.0.1:${port}`;
  const services = Map.groupBy(plannedInstances(site), (instance) => instance.service);
  const coordinates = {
    portBase: ports.base,
    postgres: { host: '127.0.0.1', port: ports.postgres, adminUrl: adminUrl(site) },
    kafka: { brokers: `127.0.0.1:${ports.kafka}` },
    redis: { url: redisUrl(site, 'default') },
    clickhouse: {
      httpUrl: http(ports.clickhouseHttp),
      nativePort: ports.clickhouseNative,
      user: 'writer',
      password: secrets('clickhouse/writer'),
      reader: { user: 'reader', password: secrets('clickhouse/reader') },
    },
    flink: { url: http(ports.flinkRest) },
    zipkin: { url: http(ports.zipkin) },
    prometheus: { url: http(ports.prometheus) },
    edge: { url: http(ports.edge), adminUrl: http(ports.envoyAdmin) },
    istiod: { grpc: `127.0.0.1:${ports.istiodGrpc}` },
    services: Object.fromEntries(
      [...services].map(([service, instances]) => [
        service,
        instances.map(({ service: _, ...rest }) => rest),
      ]),
    ),
    paymentProvider: { url: providerUrl(site) },
    jwksUrl: jwksUrl(site),
    administrator: { email: ADMINISTRATOR, password: secrets('user/administrator') },
    mailFolder: join(stack.state, 'mail'),
  };
  writeIfChanged(join(stack.state, 'stack.json'), `${JSON.stringify(coordinates, null, 2)}\n`, 0o600);
}
