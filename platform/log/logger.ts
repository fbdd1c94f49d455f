import { type Logger as PinoLogger, pino } from 'pino';

/** Structured logging: one JSON line a record on stdout, with the correlation id and trace of the current work. */
export type Logger = PinoLogger;

/** A logger of a process. `level` is one of pino's level names. */
export function createLogger(options: { service: string; instance: string; level: string }): Logger {
  return pino({ level: options.level, base: { service: options.service, instance: options.instance } });
}
