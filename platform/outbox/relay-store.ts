import pg from 'pg';
import type { StoredHeaders } from '#platform/db/database.ts';
import { connectionSettings, exactTypes } from '#platform/db/pool.ts';

/** A place in the outbox's order: by transaction id first, since a sequence alone isn't the order of commits. */
export type OutboxPlace = { readonly xid: bigint; readonly seq: bigint };

/** A row of the outbox, as the relay reads it. */
export type OutboxRow = OutboxPlace & {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly headers: StoredHeaders;
  readonly payload: Buffer | null;
  readonly created_at: Date;
};

/** Another relay moved the cursor: this one had lost its place, and must publish nothing more. */
export class RelayFenced extends Error {
  override readonly name = 'RelayFenced';

  constructor() {
    super('The outbox cursor was moved by another relay.');
  }
}

/**
 * The relay's own connection. The right to relay is a session's advisory lock, so it ends with the connection,
 * however that ends.
 */
export class RelayStore {
  readonly #client: pg.Client;
  #broken: Error | undefined;

  private constructor(client: pg.Client) {
    this.#client = client;
    // Told to whoever uses the connection next; without a listener it would end the process.
    client.on('error', (error) => {
      this.#broken = error;
    });
  }

  static async connect(url: string): Promise<RelayStore> {
    const client = new pg.Client({
      ...connectionSettings,
      connectionString: url,
      application_name: 'outbox-relay',
      types: exactTypes(),
    });
    const store = new RelayStore(client);
    await client.connect();
    // A cursor that a crash of Postgres sets back only makes duplicates, so nobody needs to wait for its disk.
    await client.query('set synchronous_commit = off');
    return store;
  }

  async tryLock(): Promise<boolean> {
    const { rows } = await this.#query<{ locked: boolean }>(
      'lock',
      `select pg_try_advisory_lock(hashtext('shopverse.outbox.relay')) as locked`,
    );
    return rows[0]?.locked === true;
  }

  async cursor(): Promise<OutboxPlace> {
    const { rows } = await this.#query<OutboxPlace>('cursor', 'select xid, seq from outbox_cursor');
    if (rows[0] === undefined) {
      throw new Error('The outbox has no cursor');
    }
    return rows[0];
  }

  /**
   * The next rows in the order of transactions, none of which any open transaction can still come before: a row is
   * held back while a transaction of this database that is older than its own may yet commit. Undefined when nothing
   * waits, none when all that waits is held back.
   */
  async readAfter(place: OutboxPlace, limit: number): Promise<readonly OutboxRow[] | undefined> {
    const fence = await this.#fenceOfThisDatabase(place);
    if (fence === undefined) {
      return undefined;
    }
    const { rows } = await this.#query<OutboxRow>(
      'read',
      `select xid, seq, topic, key, headers, payload, created_at from outbox
       where (xid, seq) > ($1::xid8, $2::bigint)
         and xid < coalesce($4::xid8, pg_snapshot_xmin(pg_current_snapshot()))
       order by xid, seq limit $3`,
      [place.xid, place.seq, limit, fence],
    );
    return rows;
  }

  /**
   * A transaction id below which nothing is open in this database any more, null when that can't be told, or undefined
   * when nothing waits. The
   * snapshot's own xmin speaks of all databases of the server, where a long transaction of another service would hold
   * up this one's facts. To be asked in a statement before the one that reads, so that what has ended since is visible
   * to that one.
   */
  async #fenceOfThisDatabase(place: OutboxPlace): Promise<bigint | null | undefined> {
    const { rows } = await this.#query<{ fence: bigint | null }>(
      'fence',
      // Another role's transactions don't show their ids, and prepared ones have no session: then nothing is known.
      // The last condition is no EXISTS, for which Postgres would read the whole outbox to find that nothing waits.
      `select case
         when exists (select from pg_stat_activity
                      where datname = current_database() and usename is distinct from current_user
                        and backend_type = 'client backend')
           or exists (select from pg_prepared_xacts where database = current_database())
         then null
         else coalesce(
           (select running from pg_snapshot_xip(pg_current_snapshot()) as running
            where exists (select from pg_stat_activity
                          where datname = current_database() and backend_xid = running::xid)
            order by running limit 1),
           pg_snapshot_xmax(pg_current_snapshot()))
         end as fence
       where (select seq from outbox where (xid, seq) > ($1::xid8, $2::bigint)
              order by xid, seq limit 1) is not null`,
      [place.xid, place.seq],
    );
    return rows[0]?.fence;
  }

  /** Moves the cursor from where this relay knows it to be. Throws RelayFenced when it is elsewhere. */
  async advance(from: OutboxPlace, to: OutboxPlace): Promise<void> {
    const { rowCount } = await this.#query(
      'advance',
      'update outbox_cursor set xid = $3::xid8, seq = $4 where xid = $1::xid8 and seq = $2',
      [from.xid, from.seq, to.xid, to.seq],
    );
    if (rowCount !== 1) {
      throw new RelayFenced();
    }
  }

  /** How much lies beyond the cursor: rows, counted up to 10000, and the age of the oldest in seconds. */
  async lag(place: OutboxPlace): Promise<{ rows: number; seconds: number }> {
    const { rows } = await this.#query<{ rows: bigint; seconds: number | null }>(
      'lag',
      `select count(*) as rows, extract(epoch from now() - min(created_at))::float8 as seconds from (
         select created_at from outbox where (xid, seq) > ($1::xid8, $2::bigint) order by xid, seq limit 10000
       ) as waiting`,
      [place.xid, place.seq],
    );
    return { rows: Number(rows[0]?.rows ?? 0n), seconds: rows[0]?.seconds ?? 0 };
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  async #query<R extends pg.QueryResultRow>(
    name: string,
    text: string,
    values: unknown[] = [],
  ): Promise<pg.QueryResult<R>> {
    if (this.#broken !== undefined) {
      throw this.#broken;
    }
    return this.#client.query<R>({ name: `relay-${name}`, text, values });
  }
}
