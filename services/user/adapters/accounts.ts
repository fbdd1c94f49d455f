import { createHash, randomBytes } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Kysely, type Selectable, sql } from 'kysely';
import { UserEventSchema } from '#gen/shopverse/user/v1/user_events_pb.ts';
import type { Tx } from '#platform/db/database.ts';
import { domainEvent } from '#platform/events/domain-event.ts';
import type { Clock, Ids } from '#platform/runtime.ts';
import type { Account, LinkPurpose } from '../ports.ts';
import type { UserTables } from './tables.ts';

const LINK_LIFE_MS = { VERIFY: 3 * 86_400_000, RESET: 3_600_000 } as const;

/** A fact about an account, for the store to number. */
export type UserFact = NonNullable<MessageInitShape<typeof UserEventSchema>['event']>;

/** Accounts as they are read, over a pool or a transaction. */
export function createAccountReader(db: Kysely<UserTables>, clock: Clock) {
  return {
    /** The account by id or address. */
    async find(by: { readonly userId: string } | { readonly email: string }): Promise<Account | undefined> {
      const query = db.selectFrom('account').selectAll();
      const row = await ('userId' in by
        ? query.where('user_id', '=', by.userId)
        : query.where('email', '=', by.email)
      ).executeTakeFirst();
      return row && toAccount(row);
    },

    /** The account that a link was sent to, if the link still works. It goes on to. */
    async findByLink(token: string, purpose: LinkPurpose): Promise<Account | undefined> {
      const row = await db
        .selectFrom('account')
        .innerJoin('link', 'link.user_id', 'account.user_id')
        .selectAll('account')
        .where('token_hash', '=', hashToken(token))
        .where('purpose', '=', purpose)
        .where('expire_time', '>', clock.now())
        .executeTakeFirst();
      return row && toAccount(row);
    },

    /** Accounts by id, newest first, after the one given; only that with the address, where there is one. */
    async list(limit: number, after: string | undefined, email: string): Promise<Account[]> {
      // Ids are UUIDv7: their order is that of making.
      let query = db.selectFrom('account').selectAll().orderBy('user_id', 'desc').limit(limit);
      query = after === undefined ? query : query.where('user_id', '<', after);
      query = email === '' ? query : query.where('email', '=', email);
      return (await query.execute()).map(toAccount);
    },
  };
}

/** Accounts, links and mails within one transaction. */
export function createAccounts(tx: Tx<UserTables>, { clock, ids }: { clock: Clock; ids: Ids }) {
  const db = tx.db;
  return {
    ...createAccountReader(db, clock),

    /** The new account, or undefined when the address has one. */
    async insert(account: Pick<Account, 'email' | 'displayName' | 'passwordHash' | 'roles' | 'state'>) {
      const now = clock.now();
      const row = await db
        .insertInto('account')
        .values({
          user_id: ids.uuid(),
          email: account.email,
          display_name: account.displayName,
          password_hash: account.passwordHash,
          state: account.state,
          roles: [...account.roles],
          create_time: now,
          update_time: now,
        })
        .onConflict((conflict) => conflict.column('email').doNothing())
        .returningAll()
        .executeTakeFirst();
      return row && toAccount(row);
    },

    /** The account, locked until the end. */
    async lock(userId: string): Promise<Account | undefined> {
      const row = await db
        .selectFrom('account')
        .selectAll()
        .where('user_id', '=', userId)
        .forUpdate()
        .executeTakeFirst();
      return row && toAccount(row);
    },

    /** Changes a locked account, and states each change as a fact. */
    async record(
      userId: string,
      change: { password_hash?: string; state?: Account['state']; roles?: string[] },
      ...facts: readonly UserFact[]
    ): Promise<Account> {
      const row = await db
        .updateTable('account')
        .set({ ...change, version: sql`version + ${facts.length}`, update_time: clock.now() })
        .where('user_id', '=', userId)
        .returningAll()
        .executeTakeFirstOrThrow();
      facts.forEach((event, index) => {
        const sequence = row.version - BigInt(facts.length - 1 - index);
        tx.append(domainEvent(UserEventSchema, { id: userId, sequence }, { event }));
      });
      return toAccount(row);
    },

    /** A new link's token, 256 random bits. Earlier links for the purpose stop working. */
    async makeLink(userId: string, purpose: LinkPurpose): Promise<string> {
      const token = randomBytes(32).toString('base64url');
      await db.deleteFrom('link').where('user_id', '=', userId).where('purpose', '=', purpose).execute();
      await db
        .insertInto('link')
        .values({
          token_hash: hashToken(token),
          user_id: userId,
          purpose,
          expire_time: new Date(clock.now().getTime() + LINK_LIFE_MS[purpose]),
        })
        .execute();
      return token;
    },

    /** Whose link it is, once: a link that was taken, has expired or never was gives undefined. */
    async takeLink(token: string, purpose: LinkPurpose): Promise<string | undefined> {
      const row = await db
        .deleteFrom('link')
        .where('token_hash', '=', hashToken(token))
        .where('purpose', '=', purpose)
        .returning(['user_id', 'expire_time'])
        .executeTakeFirst();
      return row !== undefined && row.expire_time > clock.now() ? row.user_id : undefined;
    },

    /** The addresses of the oldest requests to set another password, which are done with this. */
    async takeResetRequests(limit: number): Promise<string[]> {
      const oldest = db
        .selectFrom('reset_request')
        .select('request_id')
        .orderBy('request_id')
        .limit(limit)
        .forUpdate()
        .skipLocked();
      const rows = await db
        .deleteFrom('reset_request')
        .where('request_id', 'in', oldest)
        .returning(['request_id', 'email'])
        .execute();
      return rows.sort((a, b) => (a.request_id < b.request_id ? -1 : 1)).map(({ email }) => email);
    },

    /** Writes a mail down, to be sent after the commit. */
    async send(recipient: string, subject: string, body: string): Promise<void> {
      await db
        .insertInto('mail')
        .values({ mail_id: ids.uuid(), recipient, subject, body, create_time: clock.now() })
        .execute();
    },

    /** How many accounts hold a role and aren't banned; all of them locked until the end. */
    async countWithRole(role: string): Promise<number> {
      const rows = await db
        .selectFrom('account')
        .select('user_id')
        .where(sql<boolean>`${role} = ANY (roles)`)
        .where('state', '<>', 'BANNED')
        .orderBy('user_id')
        .forUpdate()
        .execute();
      return rows.length;
    },
  };
}

/** What a row says, as the ports have it. */
function toAccount(row: Selectable<UserTables['account']>): Account {
  return {
    userId: row.user_id,
    email: row.email,
    displayName: row.display_name,
    passwordHash: row.password_hash,
    state: row.state,
    roles: row.roles,
    version: row.version,
    createTime: row.create_time,
    updateTime: row.update_time,
  };
}

function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
