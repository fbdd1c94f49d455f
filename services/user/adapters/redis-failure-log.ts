import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Clock } from '#platform/ports.ts';
import { FORGET_MS } from '../domain/throttle.ts';
import type { FailureLog } from '../ports.ts';

/** One round trip, so that a count never stays without its end. */
const ADD = `
  redis.call('HINCRBY', KEYS[1], 'count', 1)
  redis.call('HSET', KEYS[1], 'last', ARGV[1])
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

const PREFIX = 'user:failures:';
const COMMAND_MS = 200;

/** A failure log with a connection to be closed. */
export type RedisFailureLog = FailureLog & { close(): void };

/**
 * Counts failed log-ins in Redis, so that an attack on many addresses writes nothing to the database. They are
 * forgotten by themselves, and lost with Redis: while it is away, `fallback` counts.
 */
export function createRedisFailureLog(options: {
  readonly url: string;
  readonly clock: Clock;
  readonly fallback: FailureLog;
}): RedisFailureLog {
  const { clock, fallback } = options;
  const redis = new Redis(options.url, {
    // A command that can't be sent now is not kept for later, and one that may have been done is not sent again.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_MS,
    connectTimeout: 2_000,
  });
  // Told by each command's own failure; without a listener it would be printed.
  redis.on('error', () => undefined);
  const keyOf = (email: string) => PREFIX + createHash('sha256').update(email).digest('base64url');
  const either = <R>(first: () => Promise<R>, second: () => Promise<R>): Promise<R> => first().catch(second);

  return {
    find: (email) =>
      either(
        async () => {
          const [count, last] = await redis.hmget(keyOf(email), 'count', 'last');
          return count == null || last == null
            ? undefined
            : { count: Number(count), lastTime: new Date(Number(last)) };
        },
        () => fallback.find(email),
      ),
    add: (email) =>
      either(
        async () => {
          await redis.eval(ADD, 1, keyOf(email), clock.now().getTime(), FORGET_MS);
        },
        () => fallback.add(email),
      ),
    clear: (email) =>
      either(
        async () => {
          await redis.del(keyOf(email));
        },
        () => fallback.clear(email),
      ),
    close: () => redis.disconnect(),
  };
}
