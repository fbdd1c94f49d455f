import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { Database } from '#platform/db/database.ts';
import { databaseOver } from '#platform/db/database-over.ts';
import type { EventSource } from '#platform/events/headers.ts';
import { databaseError, type MemoryServer, type MemoryTransaction } from './server.ts';

/** What lies between a process and its database. Each may also never answer, when the process dies meanwhile. */
export type Line = {
  /** The way of a statement to the server. */
  trip(): Promise<void>;
  /** Whether the connection breaks now: on the way of a statement, or of a COMMIT. */
  breaks(on: 'statement' | 'commit'): boolean;
  /** Of a COMMIT whose connection broke: whether it took effect. */
  tookEffect(): boolean;
  /** Throws while the server can't be reached. */
  connect(): void;
};

/** A statement against the memory: what is to be done, instead of SQL. */
type Work = (tx: MemoryTransaction) => unknown;

/** Runs `work` as one statement of this connection or transaction, as the adapters' doubles do. */
export async function statement<R>(
  // biome-ignore lint/suspicious/noExplicitAny: the doubles name their tables themselves.
  db: Kysely<any>,
  work: (tx: MemoryTransaction) => R | Promise<R>,
): Promise<R> {
  const { rows } = await db.executeQuery<R>(compiled(work));
  return rows[0] as R;
}

/** The same, in no time: for what only watches. */
// biome-ignore lint/suspicious/noExplicitAny: as above.
export async function watching(db: Kysely<any>, work: (tx: MemoryTransaction) => void): Promise<void> {
  await db.executeQuery({ ...compiled(work), sql: 'watch' });
}

const root = { kind: 'RawNode', sqlFragments: [], parameters: [] } as const;

function compiled(work: Work): CompiledQuery<never> {
  return { query: root, queryId: { queryId: '' }, sql: 'memory', parameters: [work] };
}

/** A connection: at most one transaction at a time; once broken it stays so. */
export class MemoryConnection implements DatabaseConnection {
  readonly server: MemoryServer;
  readonly #line: Line;
  #tx: MemoryTransaction | undefined;
  #failed = false;
  broken = false;

  constructor(server: MemoryServer, line: Line) {
    this.server = server;
    this.#line = line;
  }

  async begin(): Promise<void> {
    await this.#trip();
    this.#tx = this.server.begin();
    this.#failed = false;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const work = parameters[0];
    if (typeof work !== 'function') {
      throw new Error(`The memory knows no SQL: ${sql}`);
    }
    return this.run(work as (tx: MemoryTransaction) => R, sql !== 'watch');
  }

  /** Runs `work` as one statement, after its way to the server. */
  async run<R>(work: (tx: MemoryTransaction) => R | Promise<R>, takesTime = true): Promise<QueryResult<R>> {
    if (takesTime) {
      await this.#trip();
    }
    if (this.#failed) {
      throw databaseError('25P02', 'current transaction is aborted');
    }
    const tx = this.#tx ?? this.server.begin();
    const alone = this.#tx === undefined;
    try {
      const result = await work(tx);
      if (alone) {
        tx.commit();
      }
      return { rows: [result] };
    } catch (error) {
      if (alone) {
        tx.rollback();
      } else {
        this.#failed = true;
      }
      throw error;
    }
  }

  async commit(): Promise<void> {
    if (this.broken) {
      throw disconnected();
    }
    await this.#line.trip();
    const tx = this.#tx;
    this.#tx = undefined;
    if (this.broken || tx === undefined) {
      throw disconnected();
    }
    if (this.#failed) {
      // Postgres answers such a COMMIT with ROLLBACK; the kernel never gets there.
      tx.rollback();
      throw databaseError('25P02', 'current transaction is aborted');
    }
    if (this.#line.breaks('commit')) {
      if (this.#line.tookEffect()) {
        tx.commit();
      } else {
        tx.rollback();
      }
      this.broken = true;
      throw disconnected();
    }
    tx.commit();
    await this.#line.trip();
  }

  async rollback(): Promise<void> {
    this.#tx?.rollback();
    this.#tx = undefined;
    this.#failed = false;
  }

  /** What the server does when the other end is gone. */
  terminate(): void {
    this.broken = true;
    this.#tx?.rollback();
    this.#tx = undefined;
  }

  // biome-ignore lint/correctness/useYield: nothing here streams.
  async *streamQuery(): AsyncGenerator<never> {
    throw new Error('The memory does not stream');
  }

  async #trip(): Promise<void> {
    if (!this.broken) {
      await this.#line.trip();
    }
    if (!this.broken && this.#line.breaks('statement')) {
      this.terminate();
    }
    if (this.broken) {
      throw disconnected();
    }
  }
}

function disconnected(): Error {
  return new Error('Connection terminated unexpectedly');
}

/** A pool of at most `size` connections. */
function memoryPool(
  server: MemoryServer,
  line: Line,
  size: number,
  register: (connection: MemoryConnection) => void,
): Driver {
  const idle: MemoryConnection[] = [];
  const lent = new Set<MemoryConnection>();
  const waiting: (() => void)[] = [];
  return {
    init: async () => {},
    async acquireConnection() {
      while (lent.size >= size) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      let connection = idle.pop();
      while (connection?.broken) {
        connection = idle.pop();
      }
      connection ??= new MemoryConnection(server, line);
      register(connection);
      lent.add(connection);
      try {
        line.connect();
      } catch (error) {
        lent.delete(connection);
        throw error;
      }
      return connection;
    },
    beginTransaction: (connection) => (connection as MemoryConnection).begin(),
    commitTransaction: (connection) => (connection as MemoryConnection).commit(),
    rollbackTransaction: (connection) => (connection as MemoryConnection).rollback(),
    async releaseConnection(connection) {
      lent.delete(connection as MemoryConnection);
      if (!(connection as MemoryConnection).broken) {
        idle.push(connection as MemoryConnection);
      }
      waiting.shift()?.();
    },
    destroy: async () => {},
  };
}

/** A service's database over the memory, with the kernel's own transactions. */
export function memoryDatabase<T>(
  server: MemoryServer,
  line: Line,
  source: EventSource,
  register: (connection: MemoryConnection) => void,
): Database<T> {
  const open = (size: number) => {
    const driver = memoryPool(server, line, size, register);
    return new Kysely<T>({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => driver,
        createIntrospector: (of) => new PostgresIntrospector(of),
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
    });
  };
  return databaseOver<T>({ source, url: `memory:${server.name}`, open });
}
