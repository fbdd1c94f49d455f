import { randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, placeOf } from '../../../local/install/artefact.ts';
import { MEDUSA } from '../installed.ts';
import { type JsonCalls, jsonCalls } from '../json-calls.ts';
import type { Place } from '../place.ts';
import { runToEnd, start, untilReady } from '../process.ts';
import { type PeerProduct, wordOf } from '../products.ts';
import { runBy } from '../run-by.ts';
import type { Shop } from '../shop.ts';

const CLI = 'node_modules/@medusajs/cli/cli.js';
const PAGES = 20;
const ADDRESS = {
  first_name: 'Ada',
  last_name: 'Traveller',
  address_1: '1 Journey Lane',
  city: 'Springfield',
  postal_code: '12345',
  country_code: 'us',
};

/** Fills a fresh database through Medusa's own workflows, and starts its server and its worker. */
export async function openMedusa(place: Place, products: readonly PeerProduct[]): Promise<Shop> {
  await install(place.stack.cache, MEDUSA);
  const cwd = placeOf(place.stack.cache, MEDUSA);
  copyFileSync(join(import.meta.dirname, 'medusa-config.cjs'), join(cwd, 'medusa-config.js'));
  copyFileSync(join(import.meta.dirname, 'seed.cjs'), join(cwd, 'seed.js'));
  const list = join(place.folder, 'products.json');
  writeFileSync(list, JSON.stringify(products));
  const env = {
    PEER_DATABASE: await place.database('medusa'),
    PEER_PASSWORD: randomBytes(24).toString('base64url'),
    PEER_PRODUCTS: list,
    REDIS_URL: place.redisUrl,
    MEDUSA_DISABLE_TELEMETRY: 'true',
    LOG_LEVEL: 'warn',
  };
  const command = (log: string, mode: string, ...args: string[]) => ({
    args: [CLI, ...args],
    cwd,
    env: { ...env, PEER_MODE: mode },
    log: join(place.folder, `medusa-${log}.log`),
  });
  await runToEnd(command('migrate', 'server', 'db:migrate', '--skip-scripts'));
  const seeding = command('seed', 'server', 'exec', './seed.js');
  await runToEnd(seeding);
  const seeded = /^seeded (.*)$/m.exec(readFileSync(seeding.log, 'utf8'))?.[1];
  if (seeded === undefined) throw new Error(`Medusa was not filled; ${seeding.log} says why.`);
  const listen = (port: number) => ['start', '--host', '127.0.0.1', '--port', String(port)];
  const address = `http://127.0.0.1:${place.ports.medusa}`;
  const serving = command('server', 'server', ...listen(place.ports.medusa));
  const server = start(serving);
  await untilReady(server, `${address}/health`, serving.log);
  const working = command('worker', 'worker', ...listen(place.ports.medusaWorker));
  const worker = start(working);
  await untilReady(worker, `http://127.0.0.1:${place.ports.medusaWorker}/health`, working.log);
  const http = jsonCalls(address);
  const made: Seeded = JSON.parse(seeded);
  return {
    name: `Medusa ${MEDUSA.version}`,
    products: made.variants.length,
    call: calls(http, made, products),
    ...runBy({ server, worker }, place, http),
  };
}

type Seeded = {
  readonly key: string;
  readonly region: string;
  readonly shipping: string;
  readonly variants: readonly { readonly id: string; readonly product_id: string }[];
};
type Cart = { cart: { id: string } };

function calls(http: JsonCalls, seeded: Seeded, products: readonly PeerProduct[]): Shop['call'] {
  const { key, region, shipping, variants } = seeded;
  const store = async <Body>(method: string, path: string, body?: unknown) =>
    (await http.call<Body>(method, `/store/${path}`, body, { 'x-publishable-api-key': key })).body;
  const one = (number: number) => variants[(number * 7) % variants.length];
  const item = (number: number) => ({ variant_id: one(number)?.id, quantity: 1 });
  const priced = `region_id=${region}&fields=id,title,handle,description,*variants.calculated_price`;
  const begin = async (number: number) =>
    (await store<Cart>('POST', 'carts', { region_id: region, items: [item(number)] })).cart.id;
  const add = (cart: string, number: number) => store('POST', `carts/${cart}/line-items`, item(number));
  const adding: string[] = [];
  return {
    async list(_worker, number) {
      await store('GET', `products?limit=10&offset=${(number % PAGES) * 10}&${priced}`);
    },
    async search(_worker, number) {
      const word = wordOf(products[(number * 7) % products.length] as PeerProduct);
      const { count } = await store<{ count: number }>('GET', `products?q=${word}&limit=10&${priced}`);
      if (count === 0) throw new Error(`Medusa found nothing for ${word}.`);
    },
    async detail(_worker, number) {
      await store('GET', `products/${one(number)?.product_id}?${priced},+variants.inventory_quantity`);
    },
    async add(worker, number) {
      const cart = adding[worker];
      if (cart === undefined || number % 5 === 0) adding[worker] = await begin(number);
      else await add(cart, number);
    },
    async checkout(_worker, number) {
      const cart = await begin(number);
      await add(cart, number + 1);
      const email = `peer-${number}@example.com`;
      await store('POST', `carts/${cart}`, { email, shipping_address: ADDRESS, billing_address: ADDRESS });
      await store('POST', `carts/${cart}/shipping-methods`, { option_id: shipping });
      const { payment_collection } = await store<{ payment_collection: { id: string } }>(
        'POST',
        'payment-collections',
        { cart_id: cart },
      );
      await store('POST', `payment-collections/${payment_collection.id}/payment-sessions`, {
        provider_id: 'pp_system_default',
      });
      const { type } = await store<{ type: string }>('POST', `carts/${cart}/complete`, {});
      if (type !== 'order') throw new Error(`Medusa: completing the cart came to ${type}`);
    },
  };
}
