import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { Consumer } from '#platform/consumer/consumer.ts';
import { runConsumer } from '#platform/consumer/run-consumer.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { discardDeadLetters } from '#platform/deadletter/discard.ts';
import { dueDeadLetters } from '#platform/deadletter/letters.ts';
import { takeDeadLetter } from '#platform/deadletter/redrive.ts';
import { type TestDatabase, testDatabase } from '#platform/testing/test-database.ts';
import { type TestKafka, testKafka } from '#platform/testing/test-kafka.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import type { CartTables } from '../../services/cart/adapters/tables.ts';
import { createConsumers } from '../../services/cart/consumers.ts';
import { migrations } from '../../services/cart/migrations/all.ts';
import { openShop } from '../journeys/testing/staff.ts';
import { openDatabase, type ServiceDatabase, stateHash } from './databases.ts';

// What a consumer knows by facts alone can be made again beside the live one. Of the services' consumers that is the
// cart's catalogue; the others' state begins with commands, and ClickHouse's with I-52's own check.

const CONSUMER = 'shopverse.cart.catalogue';
/** The catalogue's topic holds a fact for each of the grocer's products. */
const REBUILT_MS = 480_000;

let live: ServiceDatabase;
let beside: TestDatabase<CartTables>;
let broker: TestKafka;

before(async () => {
  live = await openDatabase('cart');
  beside = await testDatabase<CartTables>(migrations, { service: 'cart' });
  broker = await testKafka();
});
after(async () => {
  await Promise.all([live.close(), beside.drop(), broker.close()]);
});

const placesSql = `select topic, partition, next_offset::text from consumer_offset where consumer = $1 order by 1, 2`;

test('I-32 a consumer that is rebuilt beside the live one, from its topic’s start, comes to the same', {
  timeout: 590_000,
}, async (t) => {
  const staff = await openShop();
  const skus = await Promise.all([100n, 200n, 300n].map((price) => staff.newProduct({ price, onHand: 0 })));
  const known = () => live.rows('select 1 from variant where sku = any($1)', [skus]);
  await waitFor('the live cart to know the products', async () => (await known()).length === 3, 60_000);
  await changeSome(staff, skus);

  const deps = { clock: { now: () => new Date() }, ids: { uuid: uuidv7 }, lifetimes: { user: 1, guest: 1 } };
  const original = createConsumers(beside, deps).find(({ name }) => name === CONSUMER);
  assert.ok(original);
  const group = broker.group();
  const rebuilding = runConsumer(
    { ...original, name: group },
    { kafka: broker.kafka, log: pino({ level: 'fatal' }) },
  );
  await waitFor(
    'the rebuilt one to be where the live one is',
    async () => {
      const { rows } = await beside.admin(placesSql, [group]);
      const places = await live.rows(placesSql, [CONSUMER]);
      return places.length > 0 && JSON.stringify(rows) === JSON.stringify(places);
    },
    REBUILT_MS,
  );
  await rebuilding.close();
  await giveUpAsLive({ ...original, name: group });

  const rebuilt: ServiceDatabase = {
    rows: async (statement, values) => (await beside.admin(statement, [...(values ?? [])])).rows,
    close: async () => undefined,
  };
  const [mine, theirs] = [await stateHash(rebuilt, ['variant']), await stateHash(live, ['variant'])];
  t.diagnostic(`rebuilt: ${mine.variant}`);
  assert.match(mine.variant ?? '', /^[1-9]\d* rows /);
  assert.deepEqual(mine, theirs);

  // The hash sees a single price that is off.
  await beside.admin('update variant set unit_price = unit_price + 1 where sku = $1', [skus[0]]);
  assert.notDeepEqual(await stateHash(rebuilt, ['variant']), theirs);
});

/** What the staff gave up in the live one is given up here too; what waited behind it is taken then. */
async function giveUpAsLive(rebuilt: Consumer): Promise<void> {
  const givenUp = await live.rows<{ place: string }>(
    `select topic || partition || '@' || "offset" as place from dead_letter where consumer = $1 and state = 'DISCARDED'`,
    [CONSUMER],
  );
  const { rows: same } = await beside.admin(
    `select id from dead_letter where consumer = $1 and state = 'DEAD' and topic || partition || '@' || "offset" = any($2)`,
    [rebuilt.name, givenUp.map(({ place }) => place)],
  );
  if (same.length > 0) {
    const ids = same.map(({ id }) => BigInt(id));
    await beside.transaction(({ db }) =>
      discardDeadLetters(kernelTables<CartTables>(db), ids, 'test', 'as beside'),
    );
  }
  for (;;) {
    const due = await dueDeadLetters(kernelTables(beside.db), rebuilt.name);
    if (due.length === 0) return;
    for (const id of due) await takeDeadLetter(rebuilt, id, pino({ level: 'fatal' }));
  }
}

/** A price that changes and a product that is withdrawn: facts whose order counts. */
async function changeSome(
  staff: Awaited<ReturnType<typeof openShop>>,
  skus: readonly string[],
): Promise<void> {
  const [dearer, withdrawn] = skus as [string, string];
  const price = { currencyCode: 'USD', minorUnits: 101n };
  await staff.products.setPrice({ sku: dearer, price });
  const [row] = await live.rows<{ product_id: string }>('select product_id from variant where sku = $1', [
    withdrawn,
  ]);
  await staff.products.archiveProduct({ productId: row?.product_id ?? '' });
  const told = () =>
    live.rows('select 1 from variant where (sku = $1 and unit_price = 101) or (sku = $2 and not on_sale)', [
      dearer,
      withdrawn,
    ]);
  await waitFor('the live cart to know of the changes', async () => (await told()).length === 2, 60_000);
}
