import type { ColumnType, Generated, Kysely, Transaction } from 'kysely';
import type { DomainEvent } from '#platform/events/domain-event.ts';

/** A forward-only migration set, applied in the order of its keys: `0001_orders`, `0002_…`. Never edit an applied one. */
export type MigrationSet = Readonly<
  // biome-ignore lint/suspicious/noExplicitAny: a migration runs before the tables that the types speak of exist.
  Record<string, { up(db: Kysely<any>): Promise<void> }>
>;

/** A transaction under way. Everything done through `db` and every appended event is committed, or nothing is. */
export type Tx<T> = {
  readonly db: Transaction<T>;
  /** Facts to publish. They are written to the outbox in one statement just before COMMIT, in this order. */
  append(...events: readonly DomainEvent[]): void;
};

/** One service's database. */
export type Database<T> = {
  /** The service's own tables, for reads outside a transaction; writes belong in `transaction`. */
  readonly db: Kysely<T>;
  /** The service that owns the database, such as `order`. */
  readonly service: string;
  /** A postgres:// URL, for connections that must not come from the pool. */
  readonly url: string;
  /**
   * Runs `work` in a READ COMMITTED transaction. On a serialization failure, a deadlock or a race for an aggregate's
   * next sequence number `work` runs again, up to `attempts` (6) times in all, so it must have no effect but through
   * `tx`. Throws AmbiguousCommit when the connection was lost during
   * COMMIT, and otherwise whatever `work` or the database threw first; nothing was committed then. `reserved` work has
   * a few connections of its own, so that a crowd of requests can't keep it waiting: what has begun comes to its end.
   */
  transaction<R>(
    work: (tx: Tx<T>) => Promise<R>,
    options?: { readonly attempts?: number; readonly reserved?: boolean },
  ): Promise<R>;
  /** Calls `listener` after every commit that appended events. Returns the function that ends it. */
  onAppended(listener: () => void): () => void;
  /** Waits for the pool's connections to come back, and closes them. */
  close(): Promise<void>;
};

/** A header's values as stored: UTF-8 texts by name or, where these would not be exact, pairs of name and base64. */
export type StoredHeaders =
  | Readonly<Record<string, string>>
  | readonly (readonly [name: string, base64: string | null])[];

/** Why a consumer's record is not done: waiting for its turn, given up on, or decided upon by a person. */
export type DeadLetterState = 'RETRYING' | 'DEAD' | 'QUEUED' | 'REDRIVEN' | 'DISCARDED';

/** The kernel's own tables, in every service's database. */
export type KernelTables = {
  outbox: {
    seq: Generated<bigint>;
    xid: Generated<bigint>;
    event_id: string;
    topic: string;
    key: Uint8Array | null;
    aggregate_type: string;
    aggregate_id: string;
    aggregate_seq: bigint;
    type: string;
    headers: Json<StoredHeaders>;
    payload: Uint8Array | null;
    created_at: Generated<Date>;
  };
  outbox_cursor: { only: Generated<boolean>; xid: bigint; seq: bigint };
  inbox: {
    consumer: string;
    event_id: string;
    topic: string;
    partition: number;
    offset: bigint;
    received_at: Generated<Date>;
    outcome: 'effect' | 'skip' | 'discard';
  };
  consumer_offset: { consumer: string; topic: string; partition: number; next_offset: bigint };
  dead_letter: {
    id: Generated<bigint>;
    consumer: string;
    topic: string;
    partition: number;
    offset: bigint;
    key: Uint8Array | null;
    headers: Json<StoredHeaders>;
    payload: Uint8Array | null;
    event_id: string | null;
    error: string;
    attempts: number;
    state: DeadLetterState;
    next_attempt_time: Date | null;
    /** When it was given up on first, which is when its copy was published. */
    dead_time: Date | null;
    create_time: Generated<Date>;
    update_time: Generated<Date>;
  };
  dead_letter_audit: {
    id: Generated<bigint>;
    dead_letter_id: bigint;
    action: 'REDRIVE' | 'DISCARD';
    actor: string;
    reason: string;
    create_time: Generated<Date>;
  };
  idempotency: {
    caller: string;
    method: string;
    request_id: string;
    request_hash: Uint8Array;
    response: Uint8Array | null;
    created_at: Generated<Date>;
  };
  lease: { name: string; holder: string; epoch: bigint; expires_at: Date };
};

type Json<T> = ColumnType<T, string, string>;
