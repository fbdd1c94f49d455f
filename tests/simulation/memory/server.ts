import pg from 'pg';

/** One database in memory: committed rows by table and key, and who holds or waits for which. */
export class MemoryServer {
  readonly name: string;
  readonly tables = new Map<string, Map<string, object>>();
  readonly open = new Set<MemoryTransaction>();
  readonly locks = new Map<string, Lock>();
  readonly #sequences = new Map<string, bigint>();
  #nextXid = 1n;
  /** The latest transaction that has ended. */
  #ended = 0n;
  /** Told of the tables and keys that each commit has written. */
  onCommit: (written: ReadonlyMap<string, ReadonlyMap<string, object | undefined>>) => void = () => {};

  constructor(name: string) {
    this.name = name;
  }

  begin(): MemoryTransaction {
    const tx = new MemoryTransaction(this);
    this.open.add(tx);
    return tx;
  }

  /** A new transaction id. */
  newXid(): bigint {
    return this.#nextXid++;
  }

  /** As of which transaction a row counts that is written now: its own, or the latest that has ended. */
  place(xid: bigint): bigint {
    return xid > this.#ended ? xid : this.#ended;
  }

  /** A transaction is over. */
  end(tx: MemoryTransaction): void {
    this.open.delete(tx);
    if (tx.xid !== undefined && tx.xid > this.#ended) {
      this.#ended = tx.xid;
    }
  }

  /** Every transaction with a smaller id has ended. */
  fence(): bigint {
    let oldest = this.#ended + 1n;
    for (const { xid } of this.open) {
      oldest = xid !== undefined && xid < oldest ? xid : oldest;
    }
    return oldest;
  }

  /** The next number of a sequence, which no rollback gives back. */
  draw(sequence: string): bigint {
    const number = (this.#sequences.get(sequence) ?? 0n) + 1n;
    this.#sequences.set(sequence, number);
    return number;
  }

  /** The committed rows of a table, in the order in which their keys came in. */
  rows<R extends object>(table: string): readonly R[] {
    return [...(this.tables.get(table)?.values() ?? [])] as R[];
  }
}

type Waiter = {
  readonly tx: MemoryTransaction;
  readonly take: () => void;
  readonly fail: (error: unknown) => void;
};
type Lock = { holder: MemoryTransaction; readonly waiting: Waiter[] };

/**
 * A READ COMMITTED transaction. It reads what is committed and what it wrote itself. Writing needs a row's lock, which
 * is kept to the end. Rows are replaced, never changed.
 */
export class MemoryTransaction {
  readonly server: MemoryServer;
  /** Given with the first lock or write, as Postgres does. */
  xid: bigint | undefined;
  ended = false;
  readonly written = new Map<string, Map<string, object | undefined>>();
  readonly #held: string[] = [];
  #waitsFor: { readonly name: string; readonly waiter: Waiter } | undefined;

  constructor(server: MemoryServer) {
    this.server = server;
  }

  get<R extends object>(table: string, key: string): R | undefined {
    const own = this.written.get(table);
    return (own?.has(key) ? own.get(key) : this.server.tables.get(table)?.get(key)) as R | undefined;
  }

  /** The rows of a table: the committed ones in their order, as this transaction has made them, then its new ones. */
  rows<R extends object>(table: string): R[] {
    const committed = this.server.tables.get(table);
    const own = this.written.get(table);
    const rows: object[] = [];
    for (const [key, row] of committed ?? []) {
      const now = own?.has(key) ? own.get(key) : row;
      if (now !== undefined) {
        rows.push(now);
      }
    }
    for (const [key, row] of own ?? []) {
      if (row !== undefined && !committed?.has(key)) {
        rows.push(row);
      }
    }
    return rows as R[];
  }

  /** Waits until the row, whether or not it exists, is this transaction's alone. Throws a deadlock as Postgres does. */
  async lock(table: string, key: string): Promise<void> {
    const name = `${table}/${key}`;
    const lock = this.server.locks.get(name);
    if (lock === undefined) {
      this.#take(name);
    } else if (lock.holder !== this) {
      if (this.#wouldDeadlock(lock)) {
        throw databaseError('40P01', 'deadlock detected');
      }
      await new Promise<void>((resolve, reject) => {
        const waiter = { tx: this, take: resolve, fail: reject };
        lock.waiting.push(waiter);
        this.#waitsFor = { name, waiter };
      });
    }
  }

  /** Locks a row and reads it as it is then: SELECT ... FOR UPDATE. */
  async locked<R extends object>(table: string, key: string): Promise<R | undefined> {
    await this.lock(table, key);
    return this.get<R>(table, key);
  }

  /** Locks a row unless another has it: SKIP LOCKED. */
  lockIfFree(table: string, key: string): boolean {
    const name = `${table}/${key}`;
    const lock = this.server.locks.get(name);
    if (lock === undefined) {
      this.#take(name);
    }
    return lock === undefined || lock.holder === this;
  }

  /** Writes a row that this transaction has locked; undefined deletes it. */
  put(table: string, key: string, row: object | undefined): void {
    if (this.server.locks.get(`${table}/${key}`)?.holder !== this) {
      throw new Error(`${table}/${key} is written without its lock`);
    }
    this.write(table, key, row);
  }

  /** Writes a row whose key nobody else can have. */
  write(table: string, key: string, row: object | undefined): void {
    this.xid ??= this.server.newXid();
    const rows = this.written.get(table) ?? new Map();
    this.written.set(table, rows.set(key, row));
  }

  /** Inserts a row unless its key is taken, waiting for whoever is about to take it. Says whether it did. */
  async insert(table: string, key: string, row: object): Promise<boolean> {
    await this.lock(table, key);
    if (this.get(table, key) !== undefined) {
      return false;
    }
    this.put(table, key, row);
    return true;
  }

  commit(): void {
    for (const [table, rows] of this.written) {
      const committed = this.server.tables.get(table) ?? new Map<string, object>();
      this.server.tables.set(table, committed);
      for (const [key, row] of rows) {
        if (row === undefined) {
          committed.delete(key);
        } else {
          committed.set(key, row);
        }
      }
    }
    this.#end();
    this.server.onCommit(this.written);
  }

  /** Ends it without effect. A lock that it waits for is waited for no more, and `error` thrown there. */
  rollback(error: unknown = databaseError('57P01', 'the connection was terminated')): void {
    const waits = this.#waitsFor;
    if (waits !== undefined) {
      const waiting = this.server.locks.get(waits.name)?.waiting;
      waiting?.splice(waiting.indexOf(waits.waiter), 1);
      this.#waitsFor = undefined;
      waits.waiter.fail(error);
    }
    this.#end();
  }

  #take(name: string): void {
    this.xid ??= this.server.newXid();
    this.server.locks.set(name, { holder: this, waiting: [] });
    this.#held.push(name);
  }

  #end(): void {
    if (this.ended) {
      return;
    }
    this.ended = true;
    this.server.end(this);
    for (const name of this.#held) {
      const lock = this.server.locks.get(name);
      const next = lock?.waiting.shift();
      if (lock === undefined || next === undefined) {
        this.server.locks.delete(name);
      } else {
        lock.holder = next.tx;
        next.tx.xid ??= this.server.newXid();
        next.tx.#held.push(name);
        next.tx.#waitsFor = undefined;
        next.take();
      }
    }
  }

  #wouldDeadlock(lock: Lock): boolean {
    let holder: MemoryTransaction | undefined = lock.holder;
    while (holder !== undefined && holder !== this) {
      const name: string | undefined = holder.#waitsFor?.name;
      holder = name === undefined ? undefined : this.server.locks.get(name)?.holder;
    }
    return holder === this;
  }
}

/** An error as Postgres's client throws it. */
export function databaseError(code: string, message: string, constraint?: string): pg.DatabaseError {
  const error = new pg.DatabaseError(message, message.length, 'error');
  error.code = code;
  error.constraint = constraint;
  return error;
}
