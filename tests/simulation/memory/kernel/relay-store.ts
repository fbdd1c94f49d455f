import { type OutboxPlace, type OutboxRow, RelayFenced } from '#platform/outbox/relay-store.ts';
import { lineTo } from '../../world/line.ts';
import { MemoryConnection } from '../connection.ts';
import type { MemoryServer, MemoryTransaction } from '../server.ts';
import type { StoredEntry } from './append.ts';

export { type OutboxPlace, type OutboxRow, RelayFenced };

/** The relay's connection to a database in memory; see the real one for what each method promises. */
export class RelayStore {
  readonly #server: MemoryServer;
  readonly #connection: MemoryConnection;

  private constructor(server: MemoryServer, connection: MemoryConnection) {
    this.#server = server;
    this.#connection = connection;
  }

  static async connect(url: string): Promise<RelayStore> {
    const { server, line, register } = lineTo(url);
    line.connect();
    const connection = new MemoryConnection(server, line);
    register(connection);
    return new RelayStore(server, connection);
  }

  async tryLock(): Promise<boolean> {
    return this.#do(() => {
      const holder = relayLocks.get(this.#server);
      if (holder !== undefined && !holder.broken) {
        return holder === this.#connection;
      }
      relayLocks.set(this.#server, this.#connection);
      return true;
    });
  }

  cursor(): Promise<OutboxPlace> {
    return this.#do((tx) => tx.get<OutboxPlace>('outbox_cursor', 'only') ?? { xid: 0n, seq: 0n });
  }

  readAfter(place: OutboxPlace, limit: number): Promise<readonly OutboxRow[] | undefined> {
    return this.#do((tx) => {
      const waiting = tx.rows<StoredEntry>('outbox').filter((row) => isAfter(row, place));
      if (waiting.length === 0) {
        return undefined;
      }
      const fence = this.#server.fence();
      return waiting
        .filter((row) => row.xid < fence)
        .sort((one, other) => (isAfter(one, other) ? 1 : -1))
        .slice(0, limit);
    });
  }

  advance(from: OutboxPlace, to: OutboxPlace): Promise<void> {
    return this.#do(async (tx) => {
      const place = (await tx.locked<OutboxPlace>('outbox_cursor', 'only')) ?? { xid: 0n, seq: 0n };
      if (place.xid !== from.xid || place.seq !== from.seq) {
        throw new RelayFenced();
      }
      tx.put('outbox_cursor', 'only', { xid: to.xid, seq: to.seq });
    });
  }

  async lag(): Promise<{ rows: number; seconds: number }> {
    return { rows: 0, seconds: 0 };
  }

  async close(): Promise<void> {
    this.#connection.terminate();
  }

  async #do<R>(work: (tx: MemoryTransaction) => R | Promise<R>): Promise<R> {
    const { rows } = await this.#connection.run<R>(work);
    return rows[0] as R;
  }
}

/** Who holds the session's advisory lock of each database. */
const relayLocks = new WeakMap<MemoryServer, MemoryConnection>();

function isAfter(one: OutboxPlace, other: OutboxPlace): boolean {
  return one.xid > other.xid || (one.xid === other.xid && one.seq > other.seq);
}
