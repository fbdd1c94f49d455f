import { readProducts, YEAR, type YearProduct } from '../../local/grocer/year.ts';
import { install, placeOf } from '../../local/install/artefact.ts';
import { titleOf } from '../../local/shop/catalogue.ts';
import type { Stack } from '../../local/stack.ts';

/** A real product of the grocer's, with the name and the price in cents that each shop gives it. */
export type PeerProduct = YearProduct & { readonly title: string; readonly cents: number };

/** The grocer's `count` products that sell most, at the price that they mostly sell at. */
export async function bestSellers(stack: Stack, count: number): Promise<PeerProduct[]> {
  await install(stack.cache, YEAR);
  return (await readProducts(placeOf(stack.cache, YEAR)))
    .filter((product) => (product.price ?? 0) >= 50 && /[a-z]{4}/i.test(titleOf(product)))
    .sort((a, b) => b.unitsSold - a.unitsSold)
    .slice(0, count)
    .map((product) => ({ ...product, title: titleOf(product), cents: product.price ?? 0 }));
}

/** A word of the product's name that is worth searching for. */
export function wordOf({ title }: PeerProduct): string {
  return (/[a-z]{4,}/i.exec(title)?.[0] ?? title).toLowerCase();
}
