import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type pg from 'pg';

const mark = '/* prepared */';
const names = new Map<string, string>();

/**
 * Put at the end of a raw statement, has it parsed and planned once a connection instead of every time: for the long
 * statements of a hot path, of which planning is half the work. Not for a statement that selects `*`, as it fails on
 * open connections once a migration adds a column; nor for one whose text differs from call to call.
 */
export const prepared = sql.raw(mark);

/** Has a connection of the pool prepare the statements that are marked so. */
export function prepareMarked(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  client.query = ((statement: unknown, values: unknown, ...rest: unknown[]) =>
    typeof statement === 'string' && statement.endsWith(mark)
      ? query({ name: nameOf(statement), text: statement, values }, ...rest)
      : query(statement, values, ...rest)) as typeof client.query;
}

function nameOf(statement: string): string {
  const known = names.get(statement);
  if (known !== undefined) {
    return known;
  }
  const name = createHash('sha256').update(statement).digest('hex').slice(0, 32);
  names.set(statement, name);
  return name;
}
