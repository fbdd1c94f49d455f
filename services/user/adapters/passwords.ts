import { hash, verify } from '@node-rs/argon2';
import { overloaded } from '#platform/errors/refusal.ts';
import type { Passwords } from '../ports.ts';

/** argon2id after OWASP: 19 MiB, two passes, one lane. */
const SETTINGS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const PREFIX = '$argon2id$v=19$m=19456,t=2,p=1$';

/**
 * Hashes with argon2id, at most `concurrency` at a time, so that a flood of log-ins leaves threads for others. Beyond
 * `queue` waiting ones a call is refused with OVERLOADED.
 */
export function createPasswords({ concurrency = 2, queue = 100 } = {}): Passwords {
  const limited = limit(concurrency, queue);
  // What an unknown account's password is compared with, so that it takes the same time.
  const decoy = hash('a password that nobody has', SETTINGS);
  return {
    hash: (password) => limited(() => hash(password, SETTINGS)),
    matches: async (stored, password) => {
      const against = stored ?? (await decoy);
      const same = await limited(() => verify(against, password));
      return same && stored !== undefined;
    },
    isOutdated: (stored) => !stored.startsWith(PREFIX),
  };
}

function limit(concurrency: number, queue: number): <R>(work: () => Promise<R>) => Promise<R> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= concurrency) {
      if (waiting.length >= queue) {
        throw overloaded('Too many log-ins at once.', 2000);
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The place goes straight to the next in line, so nobody can slip in between.
      if (next === undefined) {
        running -= 1;
      } else {
        next();
      }
    }
  };
}
