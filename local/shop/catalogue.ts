import { v5 as uuidv5 } from 'uuid';
import { ProductImport_State } from '#gen/shopverse/product/v1/product_pb.ts';
import { ProductService } from '#gen/shopverse/product/v1/product_service_pb.ts';
import type { YearProduct } from '../grocer/year.ts';
import { patiently } from './patiently.ts';
import type { Session } from './session.ts';

const BATCH = 250;

/** What ids of the grocer's things are derived from, so that whoever loads twice loads the same. */
export const GROCER = uuidv5('completejourney', uuidv5.URL);

/**
 * Imports products with their prices through the edge. An import that was broken off goes on where it stopped, and one
 * of that name that is done answers at once.
 */
export async function importCatalogue(
  catalogue: Session,
  products: readonly YearProduct[],
  progress: (done: number) => void,
  name = 'catalogue-2',
): Promise<void> {
  const client = catalogue.client(ProductService);
  const importId = uuidv5(name, GROCER);
  const { import: started } = await client.startImport({
    importId,
    source: 'The Complete Journey',
    expectedCount: products.length,
  });
  if (started?.state === ProductImport_State.FINISHED) return;
  for (let at = 0; at < products.length; at += BATCH) {
    const batch = {
      importId,
      batchNumber: at / BATCH + 1,
      products: products.slice(at, at + BATCH).map(toImported),
    };
    await patiently(() => client.importProducts(batch));
    progress(Math.min(at + BATCH, products.length));
  }
  await patiently(() => client.finishImport({ importId }));
}

function toImported(product: YearProduct) {
  const { sku, path, size, price } = product;
  return {
    categoryPath: [...path],
    product: {
      productId: sku,
      title: titleOf(product),
      brand: product.brand,
      attributes: { manufacturer: product.manufacturer, ...(size !== '' && { size }) },
      variants: [
        {
          sku,
          title: size,
          ...(price !== null && { price: { currencyCode: 'USD', minorUnits: BigInt(price) } }),
        },
      ],
    },
  };
}

/** The data set names types, not products: "STRING CHEESE 8 OZ". */
export function titleOf({ path, size }: Pick<YearProduct, 'path' | 'size'>): string {
  return `${path.at(-1) ?? ''} ${size}`.trim().slice(0, 200);
}
