import { join } from 'node:path';
import { FEW_ARENAS } from '../parts/java.ts';
import type { Site } from '../parts/part.ts';
import { databaseUrl } from '../parts/postgres/postgres.ts';
import { redisUrl } from '../parts/redis.ts';
import { frontPort, instancePorts } from '../ports.ts';
import type { ServiceFacts } from './catalogue.ts';
import { identityPaths } from './identity.ts';
import { sourcesOf } from './sources.ts';
import { readWishes, versionOf } from './wishes.ts';

/** The first administrator's address; the password is among the stack's secrets. */
export const ADMINISTRATOR = 'admin@shopverse.local';

/** The environment of one instance. */
export function environment(
  site: Site,
  facts: ServiceFacts,
  instance: string,
  ports: { grpc: number; http: number },
): Record<string, string> {
  const { stack } = site;
  const identity = identityPaths(stack.state, facts.name);
  return {
    SHOPVERSE_SERVICE: facts.name,
    SHOPVERSE_INSTANCE: instance,
    SHOPVERSE_VERSION: versionOf(readWishes(stack.state), instance),
    GRPC_PORT: String(ports.grpc),
    HTTP_PORT: String(ports.http),
    ...(facts.name === 'gateway' ? { FRONT_PORT: String(frontPort(ports.http)) } : {}),
    DATABASE_URL: databaseUrl(site, facts.name),
    KAFKA_BROKERS: `127.0.0.1:${stack.ports.kafka}`,
    REDIS_URL: redisUrl(site, facts.name),
    ZIPKIN_URL: `http://127.0.0.1:${stack.ports.zipkin}/api/v2/spans`,
    JWKS_URL: jwksUrl(site),
    JWT_ISSUER: 'https://id.shopverse.local',
    JWT_AUDIENCE: 'shopverse',
    SHOPVERSE_DISCOVERY: join(stack.state, 'discovery.json'),
    GRPC_XDS_BOOTSTRAP: join(stack.state, 'xds', `${instance}.json`),
    SHOPVERSE_IDENTITY: identity.key,
    SHOPVERSE_TRUST: identity.trust,
    SHOPVERSE_FAILPOINTS_FILE: failpointsPath(stack.state, instance),
    SHOPVERSE_SOURCES: sourcesOf(stack, facts.name),
    ...FEW_ARENAS,
    ...OWN[facts.name]?.(site),
    ...passedOn(),
  };
}

/** The failpoints that an instance arms when it is sent SIGUSR2. */
export function failpointsPath(state: string, instance: string): string {
  return join(state, 'failpoints', instance);
}

/** What single services get beyond what all get. */
const OWN: Partial<Record<string, (site: Site) => Record<string, string>>> = {
  analytics: ({ stack, secrets }) => ({
    CLICKHOUSE_URL: `http://127.0.0.1:${stack.ports.clickhouseHttp}`,
    CLICKHOUSE_USER: 'writer',
    CLICKHOUSE_PASSWORD: secrets('clickhouse/writer'),
    CLICKHOUSE_READER: 'reader',
    CLICKHOUSE_READER_PASSWORD: secrets('clickhouse/reader'),
  }),
  user: ({ stack, secrets }) => ({
    USER_SECRET: secrets('user/secret'),
    MAIL_DIR: join(stack.state, 'mail'),
    ADMIN_EMAIL: ADMINISTRATOR,
    ADMIN_PASSWORD: secrets('user/administrator'),
  }),
  payment: (site) => ({
    PAYMENT_PROVIDER: 'simulator',
    PAYMENT_PROVIDER_URL: providerUrl(site),
    PAYMENT_WEBHOOK_SECRET: site.secrets('payment/webhook'),
    STRIPE_API_KEY: '',
  }),
  'payment-simulator': (site) => ({
    SIMULATOR_PORT: String(instancePorts(site.stack.ports.base, 'payment-simulator', 1).http),
    SIMULATOR_JOURNAL: join(site.stack.state, 'payment-simulator', 'journal.jsonl'),
    SIMULATOR_WEBHOOK_URL: `http://127.0.0.1:${instancePorts(site.stack.ports.base, 'payment', 1).http}/webhooks/stripe`,
    PAYMENT_WEBHOOK_SECRET: site.secrets('payment/webhook'),
  }),
};

/** What a person may set for all services when starting the stack. */
const PASSED_ON = ['LOG_LEVEL', 'TRACE_SAMPLE_RATIO', 'KAFKA_CLIENT', 'SHOPVERSE_FAILPOINTS'];

function passedOn(): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
}

/** Where the payment provider's simulator answers. */
export function providerUrl({ stack }: Site): string {
  return `http://127.0.0.1:${instancePorts(stack.ports.base, 'payment-simulator', 1).http}`;
}

/** Where the user service publishes the keys that access tokens are verified with. */
export function jwksUrl({ stack }: Site): string {
  return `http://127.0.0.1:${instancePorts(stack.ports.base, 'user', 1).http}/.well-known/jwks.json`;
}
