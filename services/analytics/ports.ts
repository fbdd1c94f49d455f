/** A question in SQL. What it asks by is bound, never written into the text. */
export type Question = {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, string | number | bigint>>;
};

/**
 * Asks the store of analytics. 64-bit integers come as strings. Ends the query at the store when `signal` is aborted.
 * Throws RpcError UNAVAILABLE when the store is away or too busy.
 */
export type Ask = <Row>(question: Question, signal: AbortSignal) => Promise<Row[]>;
