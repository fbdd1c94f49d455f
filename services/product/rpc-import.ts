import type { ProductService } from '#gen/shopverse/product/v1/product_service_pb.ts';
import { invalidRequest } from '#platform/errors/refusal.ts';
import type { Handlers } from '#platform/rpc/bind.ts';
import { fromProduct, toImport } from './messages.ts';
import { given, known, refuse, skuTaken } from './refusals.ts';
import { type ProductDeps, storesOf, within } from './usecases/deps.ts';
import { finishImport, importBatch, watchImport } from './usecases/import-products.ts';

/** The methods of bulk imports. */
export function importRpc(
  deps: ProductDeps,
): Pick<Handlers<typeof ProductService>, 'startImport' | 'importProducts' | 'finishImport' | 'watchImport'> {
  const { database, currency } = deps;
  const stored = storesOf(database.db, deps).imports;
  return {
    startImport: ({ importId, source, expectedCount }) =>
      database.transaction(async (tx) => {
        const { imports } = within(tx, deps);
        await imports.open(importId, source, expectedCount);
        return { import: toImport(known(await imports.find(importId))) };
      }),

    importProducts: ({ importId, batchNumber, products }) =>
      skuTaken(async () => {
        const ids = products.map(({ product }) => product?.productId ?? '');
        if (ids.includes('') || new Set(ids).size < ids.length) {
          const description = 'every product has an id, and none is there twice';
          throw invalidRequest([{ field: 'products', description }]);
        }
        const imported = products.map(({ product, categoryPath }) => ({
          content: fromProduct(given(product), currency),
          categoryPath,
        }));
        const outcome = await importBatch(deps, importId, batchNumber, imported);
        switch (outcome) {
          case 'unknown':
            return { import: toImport(known(undefined)) };
          case 'finished':
            throw refuse('IMPORT_FINISHED');
          default:
            return { import: toImport(outcome) };
        }
      }),

    finishImport: async ({ importId }) => ({ import: toImport(known(await finishImport(deps, importId))) }),

    watchImport: async function* ({ importId }, call) {
      known(await stored.find(importId));
      for await (const stands of watchImport(deps, importId, call.signal)) {
        yield { import: toImport(stands) };
      }
    },
  };
}
