import { type Kysely, sql } from 'kysely';
import { pause } from '#platform/service/pause.ts';
import type { Worker } from '#platform/service/worker.ts';
import { createSearchIndex, type Searchable, type SearchIndex } from '../domain/search-index.ts';
import type { ProductTables } from './tables.ts';

const POLL_MS = 250;
const BATCH = 2_000;

/** The search index of this replica, kept up with the database. */
export type SearchFeed = {
  /** The index as of the last look. */
  current(): SearchIndex;
  /** Reads all active products. To be awaited before `current` is asked. */
  load(): Promise<void>;
  /** Takes in what has changed since the last look. */
  refresh(): Promise<void>;
  /** Refreshes for as long as the service runs. */
  readonly worker: Worker;
};

type Row = {
  product_id: string;
  version: bigint;
  state: string;
  title: string;
  description: string;
  brand: string;
  price: bigint | null;
  create_time: Date;
  category_id: string;
  path: string[];
  ancestor_ids: string[];
  changed_by: bigint;
};

/**
 * Follows the table of products by the transactions that changed its rows. Everything older than the oldest open
 * transaction is final, so each look begins there: a row may be seen twice, and none is missed, whichever order
 * transactions commit in.
 */
export function createSearchFeed(db: Kysely<ProductTables>): SearchFeed {
  let index = createSearchIndex();
  let from = 0n;
  let looking: Promise<void> | undefined;

  const fence = async () => {
    const { rows } = await sql<{
      xmin: bigint;
    }>`SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin`.execute(db);
    return rows[0]?.xmin ?? 0n;
  };

  const load = async () => {
    const next = await fence();
    const fresh = createSearchIndex();
    let after = '';
    for (;;) {
      const rows = await read(db, sql`state = 'ACTIVE' AND product_id > ${after}`, sql`product_id`);
      take(fresh, rows);
      const last = rows.at(-1);
      if (last === undefined || rows.length < BATCH) {
        break;
      }
      after = last.product_id;
    }
    index = fresh;
    from = next;
  };

  const look = async () => {
    const next = await fence();
    let place: readonly [bigint, string] = [from, ''];
    for (;;) {
      const since = sql`(changed_by, product_id) > (${place[0].toString()}::xid8, ${place[1]})`;
      const rows = await read(db, since, sql`changed_by, product_id`);
      take(index, rows);
      const last = rows.at(-1);
      if (last === undefined || rows.length < BATCH) {
        break;
      }
      place = [last.changed_by, last.product_id];
    }
    from = next;
    if (index.worn) {
      await load();
    }
  };

  const feed: SearchFeed = {
    current: () => index,
    load,
    refresh: () => {
      // One look at a time: whoever comes meanwhile is served by the next.
      looking = (looking ?? Promise.resolve()).catch(() => undefined).then(look);
      return looking;
    },
    worker: {
      name: 'search-feed',
      async run(signal) {
        while (!signal.aborted) {
          await feed.refresh();
          await pause(POLL_MS, signal);
        }
      },
    },
  };
  return feed;
}

async function read(
  db: Kysely<ProductTables>,
  which: ReturnType<typeof sql>,
  order: ReturnType<typeof sql>,
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    SELECT product_id, version, state, title, description, brand, price, create_time, changed_by,
           category_id, category.path, category.ancestor_ids
    FROM product JOIN category USING (category_id)
    WHERE ${which} ORDER BY ${order} LIMIT ${sql.lit(BATCH)}`.execute(db);
  return rows;
}

function take(index: SearchIndex, rows: readonly Row[]): void {
  for (const row of rows) {
    if (row.state === 'ACTIVE') {
      index.put(toSearchable(row));
    } else {
      index.remove(row.product_id, row.version);
    }
  }
}

function toSearchable(row: Row): Searchable {
  return {
    productId: row.product_id,
    version: row.version,
    title: row.title,
    description: row.description,
    brand: row.brand,
    category: { categoryId: row.category_id, path: row.path, ancestorIds: row.ancestor_ids },
    price: row.price === null ? undefined : Number(row.price),
    createTime: row.create_time.getTime(),
  };
}
