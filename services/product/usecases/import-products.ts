import { setTimeout as sleep } from 'node:timers/promises';
import type { Import, ProductContent } from '../ports.ts';
import { type ProductDeps, storesOf, within } from './deps.ts';

const WATCH_MS = 250;

/** A product to bring in, with the names of its categories from the root. */
export type Imported = { readonly content: ProductContent; readonly categoryPath: readonly string[] };

/**
 * Takes a batch in, whole, once: a batch that was taken before changes nothing. Products that are there as they are
 * make no fact.
 */
export function importBatch(
  deps: ProductDeps,
  importId: string,
  batchNumber: number,
  products: readonly Imported[],
): Promise<Import | 'unknown' | 'finished'> {
  return deps.database.transaction(async (tx) => {
    const work = within(tx, deps);
    const open = await work.imports.lock(importId);
    if (open === undefined) {
      return 'unknown';
    }
    if (!(await work.imports.takeBatch(importId, batchNumber))) {
      return open;
    }
    if (open.state === 'FINISHED') {
      return 'finished';
    }
    const { byPath, created } = await work.categories.ensure(products.map((product) => product.categoryPath));
    created.forEach(work.categoryCreated);
    const placed = products.flatMap(({ content, categoryPath }) => {
      const category = byPath.get(JSON.stringify(categoryPath));
      return category === undefined ? [] : { content, category };
    });
    const saved = await work.products.save(placed);
    for (const { product } of saved) {
      work.changed(product);
    }
    const made = saved.filter((each) => each.created).length;
    return work.imports.count(importId, {
      created: made,
      updated: saved.length - made,
      unchanged: products.length - saved.length,
    });
  });
}

/** Ends an import, and counts the categories' products anew. */
export function finishImport(deps: ProductDeps, importId: string): Promise<Import | undefined> {
  return deps.database.transaction(async (tx) => {
    const { imports, categories } = within(tx, deps);
    const open = await imports.lock(importId);
    if (open?.state === 'OPEN') {
      await imports.finish(importId);
      await categories.recount();
    }
    return imports.find(importId);
  });
}

/** The import as it stands, and again after each change, until it is finished or nobody listens any more. */
export async function* watchImport(
  deps: ProductDeps,
  importId: string,
  signal: AbortSignal,
): AsyncIterable<Import> {
  const { imports } = storesOf(deps.database.db, deps);
  let shown = 0;
  while (!signal.aborted) {
    const stands = await imports.find(importId);
    if (stands !== undefined && stands.updateTime.getTime() !== shown) {
      shown = stands.updateTime.getTime();
      yield stands;
    }
    if (stands === undefined || stands.state === 'FINISHED') {
      return;
    }
    await sleep(WATCH_MS);
  }
}
