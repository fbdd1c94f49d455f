import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Clock } from '#platform/runtime.ts';
import { FORGET_MS } from '../domain/throttle.ts';
import type { FailureLog } from '../ports.ts';
import type { UserTables } from './tables.ts';

/** Counts failed log-ins by the address's hash, of addresses with and without an account alike. */
export function createFailureLog(db: Kysely<UserTables>, clock: Clock): FailureLog {
  const hashOf = (email: string) => createHash('sha256').update(email).digest();
  const forgotten = () => new Date(clock.now().getTime() - FORGET_MS);
  return {
    async find(email) {
      const row = await db
        .selectFrom('log_in_failure')
        .select(['count', 'last_time'])
        .where('email_hash', '=', hashOf(email))
        .where('last_time', '>', forgotten())
        .executeTakeFirst();
      return row && { count: row.count, lastTime: row.last_time };
    },
    async add(email) {
      const now = clock.now();
      await db
        .insertInto('log_in_failure')
        .values({ email_hash: hashOf(email), count: 1, last_time: now })
        .onConflict((conflict) =>
          conflict.column('email_hash').doUpdateSet({
            count: sql`CASE WHEN log_in_failure.last_time > ${forgotten()} THEN log_in_failure.count + 1 ELSE 1 END`,
            last_time: now,
          }),
        )
        .execute();
    },
    async clear(email) {
      await db.deleteFrom('log_in_failure').where('email_hash', '=', hashOf(email)).execute();
    },
  };
}
