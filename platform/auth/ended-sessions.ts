import type { Logger } from '#platform/log/logger.ts';

/** Sessions that ended while access tokens of theirs may still be alive. */
export type EndedSessions = {
  has(sessionId: string): boolean;
  /** Calls `listener` after sessions were added. */
  onEnded(listener: () => void): void;
  stop(): void;
};

/** What the user service answers: ids, and up to when (milliseconds since the epoch) it has looked. */
export type EndedSessionsPage = { readonly ended: readonly string[]; readonly until: number };

const everyMs = 5000;
const timeoutMs = 3000;
/** Asked for again each time, for ends that were being written while the last answer was. */
const overlapMs = 30_000;

/**
 * Asks the user service every five seconds which sessions ended, and forgets them when their last token is dead
 * (`lifetimeMs` after). While it is away, what is known holds: no session ends meanwhile, as only it can end one.
 */
export function followEndedSessions(options: {
  readonly url: URL;
  readonly lifetimeMs: number;
  readonly log: Logger;
  readonly now: () => number;
  readonly everyMs?: number;
}): EndedSessions {
  const { now, log } = options;
  const forgetAt = new Map<string, number>();
  const listeners: (() => void)[] = [];
  let since: number | undefined;
  let away = false;

  async function ask(): Promise<void> {
    const url = new URL(options.url);
    if (since !== undefined) {
      url.searchParams.set('since', String(since));
    }
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    const page: unknown = await answer.json();
    if (!answer.ok || !isPage(page)) {
      throw new Error(`no list of ended sessions at ${options.url.pathname}: ${answer.status}`);
    }
    const known = forgetAt.size;
    for (const session of page.ended) {
      if (!forgetAt.has(session)) {
        forgetAt.set(session, now() + options.lifetimeMs);
      }
    }
    if (forgetAt.size > known) {
      for (const listener of listeners) listener();
    }
    since = page.until - overlapMs;
    forget();
  }

  /** They lie in the order in which they were added, which is that in which they are over. */
  function forget(): void {
    for (const [session, at] of forgetAt) {
      if (at > now()) {
        break;
      }
      forgetAt.delete(session);
    }
  }

  function turn(): void {
    ask().then(
      () => {
        away = false;
      },
      (error: unknown) => {
        if (!away) {
          log.warn(
            { err: error },
            'the user service does not say which sessions ended; those known to have ended stay so',
          );
        }
        away = true;
      },
    );
  }
  turn();
  const timer = setInterval(turn, options.everyMs ?? everyMs).unref();

  return {
    has: (sessionId) => forgetAt.has(sessionId),
    onEnded: (listener) => {
      listeners.push(listener);
    },
    stop: () => clearInterval(timer),
  };
}

function isPage(value: unknown): value is EndedSessionsPage {
  return (
    typeof value === 'object' &&
    value !== null &&
    'ended' in value &&
    Array.isArray(value.ended) &&
    'until' in value &&
    typeof value.until === 'number'
  );
}
