import { z } from 'zod';
import { readConfig } from '#platform/config/config.ts';

/** The simulator's settings. Times in milliseconds. */
export type SimulatorConfig = {
  /** Where it listens on loopback; 0 for any free port. */
  readonly port: number;
  /** The journal's file. The folder is made where it is missing. */
  readonly journal: string;
  /** Where events are sent to; none are sent without. */
  readonly webhookUrl: string | undefined;
  readonly webhookSecret: string;
  /** How long a "late" answer takes: longer than any client waits. */
  readonly lateMs: number;
};

/** Reads the environment. Throws ConfigError naming what is missing or wrong. */
export function readSimulatorConfig(environment?: NodeJS.ProcessEnv): SimulatorConfig {
  const read = readConfig(
    {
      SIMULATOR_PORT: z.coerce.number().int().min(0).max(65_535),
      SIMULATOR_JOURNAL: z.string(),
      SIMULATOR_WEBHOOK_URL: z.url().optional(),
      PAYMENT_WEBHOOK_SECRET: z.string().min(16),
      SIMULATOR_LATE_MS: z.coerce.number().int().min(0).default(20_000),
    },
    environment,
  );
  return {
    port: read.SIMULATOR_PORT,
    journal: read.SIMULATOR_JOURNAL,
    webhookUrl: read.SIMULATOR_WEBHOOK_URL,
    webhookSecret: read.PAYMENT_WEBHOOK_SECRET,
    lateMs: read.SIMULATOR_LATE_MS,
  };
}
