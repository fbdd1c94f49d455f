import { type Kysely, type Selectable, sql } from 'kysely';
import type { Ids } from '#platform/runtime.ts';
import type { Category } from '../ports.ts';
import type { ProductTables } from './tables.ts';

/** The tree of categories, over a pool or a transaction. */
export function createCategories(db: Kysely<ProductTables>, ids: Ids) {
  const store = {
    async find(categoryId: string): Promise<Category | undefined> {
      const row = await db
        .selectFrom('category')
        .selectAll()
        .where('category_id', '=', categoryId)
        .executeTakeFirst();
      return row && toCategory(row);
    },

    /** The categories below a parent by name, those after `after`. */
    async list(parentId: string, limit: number, after: string | undefined): Promise<Category[]> {
      let query = db.selectFrom('category').selectAll().orderBy('display_name').limit(limit);
      query =
        parentId === '' ? query.where('parent_id', 'is', null) : query.where('parent_id', '=', parentId);
      query = after === undefined ? query : query.where('display_name', '>', after);
      return (await query.execute()).map(toCategory);
    },

    /** A new category, or undefined when a sibling has the name. */
    async create(parent: Category | undefined, displayName: string): Promise<Category | undefined> {
      const categoryId = ids.uuid();
      const row = await db
        .insertInto('category')
        .values({
          category_id: categoryId,
          parent_id: parent?.categoryId ?? null,
          display_name: displayName,
          path: [...(parent?.path ?? []), displayName],
          ancestor_ids: [...(parent?.ancestorIds ?? []), categoryId],
        })
        .onConflict((conflict) => conflict.column('path').doNothing())
        .returningAll()
        .executeTakeFirst();
      return row && toCategory(row);
    },

    /**
     * The categories with these paths, by the path's JSON; those that don't exist yet are made, the higher ones first,
     * and named in `created`.
     */
    async ensure(paths: readonly (readonly string[])[]) {
      const wanted = new Map<string, readonly string[]>();
      for (const path of paths) {
        path.forEach((_, depth) => {
          const upTo = path.slice(0, depth + 1);
          wanted.set(JSON.stringify(upTo), upTo);
        });
      }
      const byLength = [...wanted.values()].sort((a, b) => a.length - b.length);
      const known = new Map<string, Category>();
      const created: Category[] = [];
      for (const category of await store.withPaths(byLength)) {
        known.set(JSON.stringify(category.path), category);
      }
      for (const path of byLength.filter((each) => !known.has(JSON.stringify(each)))) {
        const parent = known.get(JSON.stringify(path.slice(0, -1)));
        const made = await store.create(parent, path.at(-1) ?? '');
        const category = made ?? (await store.withPaths([path]))[0];
        if (category === undefined) {
          throw new Error(`the category ${path.join(' > ')} is neither there nor to be made`);
        }
        if (made !== undefined) {
          created.push(made);
        }
        known.set(JSON.stringify(path), category);
      }
      return { byPath: known, created };
    },

    async withPaths(paths: readonly (readonly string[])[]): Promise<Category[]> {
      if (paths.length === 0) {
        return [];
      }
      const arrays = paths.map((path) => sql`${[...path]}::text[]`);
      const rows = await db
        .selectFrom('category')
        .selectAll()
        .where(sql<boolean>`path IN (${sql.join(arrays)})`)
        .execute();
      return rows.map(toCategory);
    },

    /** Brings the numbers of active products up to date, in this category's and all others' rows that changed. */
    async recount(): Promise<void> {
      await sql`
        UPDATE category SET product_count = counted.count
        FROM (
          SELECT category.category_id, coalesce(active.count, 0)::int AS count
          FROM category
          LEFT JOIN (
            SELECT ancestor, count(*) FROM product, unnest(ancestor_ids) AS ancestor
            WHERE state = 'ACTIVE' GROUP BY ancestor
          ) AS active ON active.ancestor = category.category_id
        ) AS counted
        WHERE counted.category_id = category.category_id AND category.product_count <> counted.count`.execute(
        db,
      );
    },
  };
  return store;
}

/** What a row says, as the ports have it. */
export function toCategory(row: Selectable<ProductTables['category']>): Category {
  return {
    categoryId: row.category_id,
    parentId: row.parent_id ?? undefined,
    path: row.path,
    ancestorIds: row.ancestor_ids,
    productCount: row.product_count,
  };
}
