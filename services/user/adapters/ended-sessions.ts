import type { Kysely } from 'kysely';
import type { EndedSessionsPage } from '#platform/auth/ended-sessions.ts';
import type { Clock } from '#platform/runtime.ts';
import type { HttpHandler } from '#platform/service/http-handler.ts';
import type { UserTables } from './tables.ts';

/** Every process asks every few seconds; those who ask within this long share one answer. Milliseconds. */
const SHARED_MS = 500;

/**
 * Answers which sessions ended since `?since=` (milliseconds since the epoch), or while tokens of theirs may be alive: not
 * longer than `lifetimeMs` ago. Ids only, and of no use to anybody.
 */
export function endedSessions(
  db: Kysely<UserTables>,
  { clock, lifetimeMs }: { readonly clock: Clock; readonly lifetimeMs: number },
): HttpHandler {
  let read:
    | { at: number; rows: Promise<readonly { session_id: string; end_time: Date | null }[]> }
    | undefined;

  return async ({ url }) => {
    const now = clock.now().getTime();
    if (read === undefined || now - read.at > SHARED_MS) {
      const after = new Date(now - lifetimeMs);
      const rows = db
        .selectFrom('session')
        .select(['session_id', 'end_time'])
        .where('end_time', '>', after)
        .execute();
      read = { at: now, rows };
      rows.catch(() => {
        read = undefined;
      });
    }
    const { at, rows } = read;
    const since = Number(url.searchParams.get('since') ?? 0);
    const page: EndedSessionsPage = {
      ended: (await rows)
        .filter(({ end_time }) => end_time !== null && !(end_time.getTime() < since))
        .map(({ session_id }) => session_id),
      until: at,
    };
    return {
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: JSON.stringify(page),
    };
  };
}
