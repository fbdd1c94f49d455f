import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '#platform/testing/wait-for.ts';
import { install, placeOf } from '../../../local/install/artefact.ts';
import { VENDURE } from '../installed.ts';
import { type JsonCalls, jsonCalls } from '../json-calls.ts';
import type { Place } from '../place.ts';
import { runToEnd, start, untilReady } from '../process.ts';
import { type PeerProduct, wordOf } from '../products.ts';
import { runBy } from '../run-by.ts';
import type { Shop } from '../shop.ts';

const APP = join(import.meta.dirname, 'app.ts');
const COLUMNS =
  'name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory,stockOnHand,trackInventory,variantAssets,variantFacets';
const PAGES = 20;
const PATIENCE_MS = 300_000;
const FIELDS = 'id name slug description';
const PRICES = 'variants{id sku name priceWithTax currencyCode}';
const ORDER =
  'code state totalQuantity totalWithTax lines{id quantity linePriceWithTax productVariant{id sku name}}';

/** Fills a fresh database through Vendure's own import, and starts its server and its worker. */
export async function openVendure(place: Place, products: readonly PeerProduct[]): Promise<Shop> {
  await install(place.stack.cache, VENDURE);
  const database = await place.database('vendure');
  const csv = join(place.folder, 'vendure.csv');
  writeFileSync(csv, [COLUMNS, ...products.map(toRow)].join('\n'));
  const password = randomBytes(12).toString('base64url');
  const command = (what: string) => ({
    args: [APP, what],
    cwd: placeOf(place.stack.cache, VENDURE),
    env: {
      PEER_PORT: String(place.ports.vendure),
      PEER_DATABASE: database,
      PEER_CSV: csv,
      PEER_PASSWORD: password,
    },
    log: join(place.folder, `vendure-${what}.log`),
  });
  await runToEnd(command('populate'));
  const address = `http://127.0.0.1:${place.ports.vendure}`;
  const server = start(command('server'));
  await untilReady(server, `${address}/health`, command('server').log);
  const worker = start(command('worker'));
  const http = jsonCalls(address);
  const ids = await indexed(http, password, products.length);
  return {
    name: `Vendure ${VENDURE.version}`,
    products: ids.length,
    call: calls(http, ids, products),
    ...runBy({ server, worker }, place, http),
  };
}

function toRow({ sku, title, cents }: PeerProduct): string {
  const name = `"${title.replaceAll('"', '""')}"`;
  const price = (cents / 100).toFixed(2);
  return `${name},product-${sku},${name},,,,,${sku},${price},standard,1000000,true,,`;
}

/** Builds the search index anew and waits until it holds all products. Resolves to their variants' ids. */
async function indexed(http: JsonCalls, password: string, count: number): Promise<string[]> {
  const admin = (query: string, headers = {}) => http.call<Result>('POST', '/admin-api', { query }, headers);
  const { headers } = await admin(
    `mutation{login(username:"superadmin",password:"${password}"){__typename}}`,
  );
  const authorization = `Bearer ${headers['vendure-auth-token']}`;
  await admin('mutation{reindex{id}}', { authorization });
  await waitFor(
    "Vendure's search index",
    async () => {
      const unsettled = '{jobs(options:{filter:{isSettled:{eq:false}}}){totalItems}}';
      const { body } = await admin(unsettled, { authorization });
      const { search } = await shop(http, '{search(input:{groupByProduct:true,take:1}){totalItems}}');
      return body.data.jobs.totalItems === 0 && search.totalItems >= count;
    },
    PATIENCE_MS,
  );
  const found: string[] = [];
  while (found.length < count) {
    const query = `{products(options:{take:100,skip:${found.length}}){items{variants{id}}}}`;
    const { products } = await shop(http, query);
    if (products.items.length === 0) break;
    found.push(...products.items.map((item: { variants: [{ id: string }] }) => item.variants[0].id));
  }
  return found;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever was asked for.
type Data = any;
type Result = { data: Data; errors?: readonly { message: string }[] };

/** Asks the shop's API, as whoever the session is. Throws when it answers with errors. */
async function shop(http: JsonCalls, query: string, session?: Session): Promise<Data> {
  const bearer = session?.token === undefined ? {} : { authorization: `Bearer ${session.token}` };
  const { body, headers } = await http.call<Result>('POST', '/shop-api', { query }, bearer);
  if (body.errors !== undefined) throw new Error(`Vendure: ${body.errors[0]?.message}`);
  const token = headers['vendure-auth-token'];
  if (session !== undefined && typeof token === 'string') session.token = token;
  return body.data;
}

type Session = { token?: string };

function calls(http: JsonCalls, variants: readonly string[], products: readonly PeerProduct[]): Shop['call'] {
  const variant = (number: number) => variants[(number * 7) % variants.length] ?? '';
  const adding: Session[] = [];
  const act = async (session: Session, mutation: string, wanted: string) => {
    const query = `mutation{act:${mutation}{__typename ...on Order{${ORDER}} ...on ErrorResult{message}}}`;
    const { act } = await shop(http, query, session);
    if (act.__typename !== 'Order' || (wanted !== '' && act.state !== wanted)) {
      throw new Error(`Vendure: ${mutation} came to ${JSON.stringify(act).slice(0, 200)}`);
    }
  };
  const add = (session: Session, number: number) =>
    act(session, `addItemToOrder(productVariantId:"${variant(number)}",quantity:1)`, '');
  return {
    async list(_worker, number) {
      const page = `take:10,skip:${(number % PAGES) * 10}`;
      await shop(http, `{products(options:{${page}}){items{${FIELDS} ${PRICES}}}}`);
    },
    async search(_worker, number) {
      const word = wordOf(products[(number * 7) % products.length] as PeerProduct);
      const input = `{term:"${word}",groupByProduct:true,take:10}`;
      const price = 'priceWithTax{...on SinglePrice{value}...on PriceRange{min max}}';
      const query = `{search(input:${input}){totalItems items{productId productName slug sku ${price}}}}`;
      const { search } = await shop(http, query);
      if (search.totalItems === 0) throw new Error(`Vendure found nothing for ${word}.`);
    },
    async detail(_worker, number) {
      const slug = `product-${products[(number * 7) % products.length]?.sku}`;
      const stocked = PRICES.replace('}', ' stockLevel}');
      const { product } = await shop(http, `{product(slug:"${slug}"){${FIELDS} ${stocked}}}`);
      if (product === null) throw new Error(`Vendure has no ${slug}.`);
    },
    async add(worker, number) {
      const known = adding[worker];
      const session = known === undefined || number % 5 === 0 ? {} : known;
      adding[worker] = session;
      await add(session, number);
    },
    async checkout(_worker, number) {
      const session: Session = {};
      await add(session, number);
      await add(session, number + 1);
      const customer = `{emailAddress:"peer-${number}@example.com",firstName:"Ada",lastName:"Traveller"}`;
      const asGuest = `setCustomerForOrder(input:${customer})`;
      await act(session, asGuest, '');
      const address =
        '{fullName:"Ada Traveller",streetLine1:"1 Journey Lane",city:"Springfield",postalCode:"12345",countryCode:"US"}';
      await act(session, `setOrderShippingAddress(input:${address})`, '');
      const { eligibleShippingMethods } = await shop(http, '{eligibleShippingMethods{id}}', session);
      await act(session, `setOrderShippingMethod(shippingMethodId:["${eligibleShippingMethods[0].id}"])`, '');
      await act(session, 'transitionOrderToState(state:"ArrangingPayment")', 'ArrangingPayment');
      await act(session, 'addPaymentToOrder(input:{method:"dummy",metadata:{}})', 'PaymentSettled');
    },
  };
}
