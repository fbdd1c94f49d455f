import { type Invariant, judged } from './invariant.ts';
import type { Databases } from './world/databases.ts';

/** An invariant of one database, told in SQL. */
export type SqlInvariant = Omit<Invariant, 'check'> & {
  readonly service: string;
  /** What is looked at, by the name that people call it: a table, or one with a condition. */
  readonly looksAt: Readonly<Record<string, string>>;
  /** Queries whose every row is a counterexample, told in the column `example`. */
  readonly examples: readonly string[];
};

/** The invariant that holds where none of these queries finds anything. */
export function sqlInvariant({ service, looksAt, examples, ...invariant }: SqlInvariant): Invariant {
  return {
    ...invariant,
    async check({ databases }) {
      const found = await examplesIn(databases, service, examples);
      return judged(await sizesIn(databases, service, looksAt), found);
    },
  };
}

/** Every row of these queries, as its column `example` tells it. */
export async function examplesIn(
  databases: Pick<Databases, 'rows'>,
  service: string,
  queries: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const query of queries) {
    const rows = await databases.rows<{ example: string }>(service, query);
    for (const { example } of rows) {
      found.push(example);
    }
  }
  return found;
}

/** How many rows each of these tables has. */
export async function sizesIn(
  databases: Pick<Databases, 'rows'>,
  service: string,
  tables: Readonly<Record<string, string>>,
): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const [what, table] of Object.entries(tables)) {
    const [row] = await databases.rows<{ size: bigint }>(service, `select count(*) as size from ${table}`);
    sizes[what] = Number(row?.size ?? 0n);
  }
  return sizes;
}
