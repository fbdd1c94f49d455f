import { z } from 'zod';
import { readConfig } from './config.ts';

const port = z.coerce.number().int().min(0).max(65535);

const shape = {
  SHOPVERSE_SERVICE: z.string().regex(/^[a-z][a-z-]*$/),
  SHOPVERSE_INSTANCE: z.string(),
  SHOPVERSE_VERSION: z.string().optional(),
  /** Where to listen; in a cluster 0.0.0.0. */
  LISTEN_HOST: z.string().default('127.0.0.1'),
  GRPC_PORT: port,
  HTTP_PORT: port,
  /** Where a service with a front listens for the edge. */
  FRONT_PORT: port.default(0),
  DATABASE_URL: z.string().startsWith('postgres').optional(),
  KAFKA_BROKERS: z.string(),
  KAFKA_CLIENT: z.enum(['kafkajs', 'platformatic']).default('kafkajs'),
  ZIPKIN_URL: z.url().optional(),
  TRACE_SAMPLE_RATIO: z.coerce.number().min(0).max(1).default(1),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  JWKS_URL: z.url(),
  JWT_ISSUER: z.string(),
  JWT_AUDIENCE: z.string(),
  SHOPVERSE_DISCOVERY: z.string(),
  SHOPVERSE_IDENTITY: z.string(),
  SHOPVERSE_TRUST: z.string(),
  /** A file of failpoints that are armed by SIGUSR2; where it isn't set, the process can't be armed. */
  SHOPVERSE_FAILPOINTS_FILE: z.string().optional(),
};

/** What every service's process reads from its environment. */
export type ProcessConfig = z.infer<z.ZodObject<typeof shape>>;

/** Reads it. Throws ConfigError naming every key that is missing or wrong. */
export function readProcessConfig(environment: NodeJS.ProcessEnv = process.env): ProcessConfig {
  return readConfig(shape, environment);
}
