import { createHash } from 'node:crypto';
import type pg from 'pg';

/** A text that comes so often is worth a plan of its own on each connection. */
const oftenEnough = 3;
/** Beyond so many, texts are taken to differ from call to call. */
const mostNames = 300;
const mostCounted = 5_000;
const names = new Map<string, string>();
const counts = new Map<string, number>();

/**
 * Has a connection of the pool parse and plan a statement once instead of every time, when its text comes often: for a
 * short statement that is half the work. Not one whose result is `*`: on open connections it would fail once a
 * migration adds a column.
 */
export function prepareFrequent(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  client.query = ((statement: unknown, values: unknown, ...rest: unknown[]) => {
    const name =
      typeof statement === 'string' && Array.isArray(values) && values.length > 0
        ? nameOf(statement)
        : undefined;
    return name === undefined
      ? query(statement, values, ...rest)
      : query({ name, text: statement, values }, ...rest);
  }) as typeof client.query;
}

function nameOf(statement: string): string | undefined {
  const known = names.get(statement);
  if (known !== undefined || names.size >= mostNames) {
    return known;
  }
  const count = (counts.get(statement) ?? 0) + 1;
  if (count < oftenEnough || resultIsOpen(statement)) {
    if (counts.has(statement) || counts.size < mostCounted) {
      counts.set(statement, count);
    }
    return undefined;
  }
  counts.delete(statement);
  const name = createHash('sha256').update(statement).digest('hex').slice(0, 32);
  names.set(statement, name);
  return name;
}

/** Whether the columns of its result are `*`. What stands in parentheses is no part of the result. */
function resultIsOpen(statement: string): boolean {
  let outermost = statement;
  for (let before = ''; before !== outermost; ) {
    before = outermost;
    outermost = outermost.replaceAll(/\([^()]*\)/g, '');
  }
  return /(?:select|returning|,)\s*(?:"?\w+"?\.)?\*/i.test(outermost);
}
