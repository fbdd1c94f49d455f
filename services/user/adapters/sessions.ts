import { randomBytes } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import type { Clock, Ids } from '#platform/runtime.ts';
import type { StoredSession } from '../ports.ts';
import type { UserTables } from './tables.ts';

/** Sessions within one transaction, or over the pool for reads. */
export function createSessions(
  db: Kysely<UserTables>,
  { clock, ids, lifeMs }: { clock: Clock; ids: Ids; lifeMs: number },
) {
  const expiry = () => new Date(clock.now().getTime() + lifeMs);
  return {
    async start(userId: string, deviceName: string): Promise<StoredSession> {
      const now = clock.now();
      const row = await db
        .insertInto('session')
        .values({
          session_id: ids.uuid(),
          user_id: userId,
          device_name: deviceName,
          seed: randomBytes(32),
          generation: 1,
          rotate_time: now,
          create_time: now,
          expire_time: expiry(),
          end_time: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return toSession(row);
    },

    /** The session; locked until the end when asked so. */
    async find(sessionId: string, lock = false): Promise<StoredSession | undefined> {
      const query = db.selectFrom('session').selectAll().where('session_id', '=', sessionId);
      const row = await (lock ? query.forUpdate() : query).executeTakeFirst();
      return row && toSession(row);
    },

    /** The next token is the newest one from now on. */
    async rotate(session: StoredSession): Promise<StoredSession> {
      const row = await db
        .updateTable('session')
        .set({ generation: session.generation + 1, rotate_time: clock.now(), expire_time: expiry() })
        .where('session_id', '=', session.sessionId)
        .returningAll()
        .executeTakeFirstOrThrow();
      return toSession(row);
    },

    /** Ends the user's live sessions that are named, or all but `keep`. Answers which were ended. */
    async end(
      userId: string,
      which: { readonly only: string } | { readonly keep?: string },
    ): Promise<readonly string[]> {
      const live = db
        .updateTable('session')
        .set({ end_time: clock.now() })
        .where('user_id', '=', userId)
        .where('end_time', 'is', null);
      const chosen =
        'only' in which
          ? live.where('session_id', '=', which.only)
          : which.keep === undefined
            ? live
            : live.where('session_id', '<>', which.keep);
      const rows = await chosen.returning('session_id').execute();
      return rows.map((row) => row.session_id);
    },

    /** The user's live sessions, newest first, older than the one given. */
    async list(userId: string, limit: number, after: string | undefined): Promise<StoredSession[]> {
      // Ids are UUIDv7: their order is that of making.
      const query = db
        .selectFrom('session')
        .selectAll()
        .where('user_id', '=', userId)
        .where('end_time', 'is', null)
        .where('expire_time', '>', clock.now())
        .orderBy('session_id', 'desc')
        .limit(limit);
      const rows = await (after === undefined ? query : query.where('session_id', '<', after)).execute();
      return rows.map(toSession);
    },
  };
}

function toSession(row: Selectable<UserTables['session']>): StoredSession {
  return {
    sessionId: row.session_id,
    userId: row.user_id,
    deviceName: row.device_name,
    seed: row.seed,
    generation: row.generation,
    rotateTime: row.rotate_time,
    createTime: row.create_time,
    expireTime: row.expire_time,
    endTime: row.end_time ?? undefined,
  };
}
