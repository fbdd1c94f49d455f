import { join } from 'node:path';
import { readIfThere, writeAtomically } from '../files.ts';
import { readProducts, YEAR } from '../grocer/year.ts';
import { install, placeOf } from '../install/artefact.ts';
import { say } from '../install/progress.ts';
import type { Stack } from '../stack.ts';
import { ensurePeople, signInAs } from './accounts.ts';
import { importCatalogue } from './catalogue.ts';
import { bookStock } from './stock.ts';

const STEPS = ['people', 'catalogue', 'stock'] as const;

/** Fills a stack with people, products and stock, through the edge. What is done is remembered and not done again. */
export async function seed(stack: Stack): Promise<void> {
  const marker = join(stack.state, 'seeded.json');
  const done = new Set<string>(JSON.parse(readIfThere(marker) ?? '[]'));
  if (STEPS.every((step) => done.has(step))) return;
  await install(stack.cache, YEAR);
  const products = await readProducts(placeOf(stack.cache, YEAR));
  const work = {
    people: () => ensurePeople(stack),
    catalogue: async () =>
      importCatalogue(
        await signInAs(stack, 'catalogue'),
        products,
        counter('Importing products', products.length),
      ),
    stock: async () =>
      bookStock(await signInAs(stack, 'warehouse'), products, counter('Booking stock in', products.length)),
  };
  for (const step of STEPS.filter((each) => !done.has(each))) {
    await work[step]();
    done.add(step);
    writeAtomically(marker, JSON.stringify([...done]));
  }
}

/** Says how far something is, every two seconds and at the end. */
function counter(title: string, total: number): (done: number) => void {
  const began = Date.now();
  let told = began;
  return (done) => {
    if (Date.now() - told < 2_000 && done < total) return;
    told = Date.now();
    const seconds = ((told - began) / 1000).toFixed(0);
    say(`  ${title}: ${done.toLocaleString('en')} of ${total.toLocaleString('en')}, ${seconds} s`);
  };
}
