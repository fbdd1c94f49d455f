import { loadavg } from 'node:os';
import { ProductService } from '#gen/shopverse/product/v1/product_service_pb.ts';
import { outsideClient } from '#platform/testing/outside-client.ts';
import { readProducts, YEAR } from '../local/grocer/year.ts';
import { placeOf } from '../local/install/artefact.ts';
import { openStack } from '../local/stack.ts';
import { conditions, openLoop } from './open-loop.ts';

// How fast the whole catalogue is searched through Envoy: words of real products, every fifth of them misspelt, with
// facets, pages of 24; every fourth call looks one of the hits up instead. gRPC, open loop. One JSON line.
const rate = Number(process.env.RATE ?? 500);
const seconds = Number(process.env.SECONDS ?? 15);

const load = loadavg()[0];
const stack = openStack({});
const products = outsideClient(ProductService, stack.ports.edge);
try {
  const words = [
    ...new Set((await readProducts(placeOf(stack.cache, YEAR))).map(({ path }) => path.at(-1) ?? '')),
  ].filter((word) => /^[A-Z ]{4,30}$/.test(word));
  const found: string[] = [];
  const measured = await openLoop({ rate, seconds }, async (number) => {
    const known = found[number % Math.max(1, found.length)];
    if (number % 4 === 3 && known !== undefined) {
      await products.getProduct({ productId: known });
      return;
    }
    const word = (words[(number * 7) % words.length] ?? '').toLowerCase();
    const query = number % 5 === 0 ? `${word.slice(0, 2)}${word.slice(3)}` : word;
    const page = await products.searchProducts({ query });
    const id = page.products[0]?.productId;
    if (id !== undefined && found.length < 500) found.push(id);
  });
  console.log(
    JSON.stringify({ bench: 'search', rate, seconds, ...measured, words: words.length, ...conditions(load) }),
  );
} finally {
  products.close();
}
