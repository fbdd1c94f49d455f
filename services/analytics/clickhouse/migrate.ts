import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';

/** A statement each; a semicolon at a line's end divides them. */
export function statementsOf(sql: string): string[] {
  return sql
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replaceAll(/--.*$/gm, '').trim() !== '');
}

/**
 * Applies the numbered files of this folder that were not applied to the client's database before, in order. ClickHouse has no transactions for
 * this: what was interrupted in the middle of a file is done again from the file's start, so a table or view that is
 * there already is left as it is. Throws Error when a file changed after it was applied.
 */
export async function migrate(writer: ClickHouseClient, folder = import.meta.dirname): Promise<void> {
  await writer.command({
    query: `CREATE TABLE IF NOT EXISTS migrations (name String, hash String, time DateTime DEFAULT now())
      ENGINE = ReplacingMergeTree ORDER BY name`,
  });
  const applied = await appliedMigrations(writer);
  for (const path of globSync('[0-9][0-9][0-9][0-9]_*.sql', { cwd: folder }).sort()) {
    const name = basename(path, '.sql');
    const sql = readFileSync(join(folder, path), 'utf8');
    const hash = createHash('sha256').update(sql).digest('hex');
    const before = applied.get(name);
    if (before === hash) continue;
    if (before !== undefined)
      throw new Error(`${path} changed after it was applied; add another file instead`);
    for (const statement of statementsOf(sql)) {
      await writer.command({ query: repeatable(statement) });
    }
    await writer.insert({
      table: 'migrations',
      values: [{ name, hash }],
      format: 'JSONEachRow',
    });
  }
}

async function appliedMigrations(writer: ClickHouseClient): Promise<Map<string, string>> {
  const result = await writer.query({
    query: 'SELECT name, hash FROM migrations FINAL',
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ name: string; hash: string }>();
  return new Map(rows.map((row) => [row.name, row.hash]));
}

function repeatable(statement: string): string {
  return statement.replace(/^(CREATE (?:TABLE|VIEW|MATERIALIZED VIEW)) /m, '$1 IF NOT EXISTS ');
}
