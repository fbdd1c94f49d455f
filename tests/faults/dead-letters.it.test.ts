import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { connectKafka } from '#platform/kafka/connect.ts';
import type { Kafka } from '#platform/kafka/kafka.ts';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import type { Pile } from '../../local/dead-letters/dead-letters.ts';
import type { Decoded } from '../../local/dead-letters/decoded.ts';
import { openShop, type Staff } from '../journeys/testing/staff.ts';
import { jsonOf, shopverse } from './shopverse.ts';

/** Six attempts, each after twice the time before, and a slow machine. */
const DEAD_MS = 90_000;
const CONSUMER = 'shopverse.cart.catalogue';
const PRODUCTS = 'shopverse.product.v1';

let staff: Staff;
let cart: pg.Client;
let kafka: Kafka;

before(async () => {
  staff = await openShop();
  const { postgres, kafka: broker } = stackCoordinates();
  const url = new URL(postgres.adminUrl);
  url.pathname = '/cart';
  cart = new pg.Client({ connectionString: url.href });
  await cart.connect();
  kafka = await connectKafka({
    client: 'kafkajs',
    brokers: broker.brokers.split(','),
    clientId: 'dead-letters-test',
    log: pino({ level: 'fatal' }),
  });
});
after(async () => {
  await cart.query('drop function if exists refuse_variant() cascade');
  await Promise.all([cart.end(), kafka.close()]);
});

const priceOf = async (sku: string) => {
  const { rows } = await cart.query('select unit_price::text as price from variant where sku = $1', [sku]);
  return rows[0]?.price as string | undefined;
};
const changePrice = async (sku: string, cents: number) => {
  const price = { currencyCode: 'USD', minorUnits: BigInt(cents) };
  await staff.products.setPrice({ sku, price });
};
const piles = async () => jsonOf<{ piles: Pile[] }>(await shopverse('dlq', '--json')).piles;
const pile = async (consumer: string) => (await piles()).find((each) => each.consumer === consumer);
const show = async () => jsonOf<Decoded[]>(await shopverse('dlq', 'show', CONSUMER, '--json'));

test('I-35 I-36 I-37 a fact that fails parks its key, others go on; once mended it is redriven, in the order of its key', {
  timeout: 400_000,
}, async () => {
  const [bad, good] = await Promise.all([
    staff.newProduct({ price: 100n, onHand: 0 }),
    staff.newProduct({ price: 100n, onHand: 0 }),
  ]);
  await waitFor('both products in the cart', async () => (await priceOf(bad)) && priceOf(good), 60_000);
  await cart.query(`
    create function refuse_variant() returns trigger language plpgsql as $$
      begin raise exception 'a bug that somebody will mend'; end $$`);
  await cart.query(`create trigger refuse before update on variant
    for each row when (new.sku = '${bad}') execute function refuse_variant()`);
  for (const cents of [200, 300, 400]) await changePrice(bad, cents);
  await changePrice(good, 900);
  await waitFor('the other key to go on', async () => (await priceOf(good)) === '900', 30_000);
  assert.equal(await priceOf(bad), '100');

  const dead = await waitFor(
    'the fact to be given up',
    async () => {
      const found = await pile(CONSUMER);
      return found !== undefined && found.dead > 0 ? found : undefined;
    },
    DEAD_MS,
  );
  assert.deepEqual([dead.topic, dead.letters, dead.dead, dead.parkedKeys], [PRODUCTS, 3, 1, 1]);
  const [head, ...queued] = await show();
  assert.match(head?.error ?? '', /a bug that somebody will mend/);
  assert.equal(head?.attempts, 6);
  assert.ok(head?.headers.some(([name]) => name === 'ce_id'));
  assert.ok(head?.value !== null && head?.value !== undefined && 'json' in head.value);
  assert.match(JSON.stringify(head.value.json), /"minorUnits":"200"/);
  assert.deepEqual(
    queued.map(({ state }) => state),
    ['QUEUED', 'QUEUED'],
  );

  const tooEarly = await shopverse('dlq', 'redrive', CONSUMER, '--reason', 'too early', '--json');
  assert.deepEqual(JSON.parse(tooEarly.stdout), { redriven: 0, failed: 1 });
  await cart.query('create table price_seen (at bigserial, price bigint)');
  await cart.query('alter table price_seen owner to cart');
  await cart.query(`create or replace function refuse_variant() returns trigger language plpgsql as $$
    begin insert into price_seen (price) values (new.unit_price); return new; end $$`);
  jsonOf(await shopverse('dlq', 'redrive', CONSUMER, '--reason', 'the bug is mended', '--json'));
  await waitFor('the last price', async () => (await priceOf(bad)) === '400', 30_000);
  const { rows } = await cart.query('select price::text from price_seen order by at');
  await cart.query('drop trigger refuse on variant');
  await cart.query('drop table price_seen');
  const prices = rows.map(({ price }) => price);
  assert.deepEqual([...new Set(prices)], ['200', '300', '400'], 'each price once, in their order');
  await waitFor('nothing to be left', async () => (await pile(CONSUMER)) === undefined, 30_000);
  const { rows: audit } = await cart.query(
    'select action, reason from dead_letter_audit order by id desc limit 1',
  );
  assert.deepEqual(audit, [{ action: 'REDRIVE', reason: 'the bug is mended' }]);
});

test('F-20 poison goes to the dead letters byte for byte, up to 1 MiB, its key waits until it is discarded', {
  timeout: 400_000,
}, async () => {
  const sku = await staff.newProduct({ price: 100n, onHand: 0 });
  await waitFor('the product in the cart', () => priceOf(sku), 60_000);
  const { rows } = await cart.query('select product_id from variant where sku = $1', [sku]);
  const key = Buffer.from(rows[0].product_id);
  const producer = await kafka.producer();
  const send = (value: Buffer | null, of: Buffer | null) =>
    producer.send([{ topic: PRODUCTS, key: of, value, headers: [['note', randomBytes(4)]] }]);
  await send(randomBytes(300), key);
  // The broker counts the record's own overhead into its 1 MiB.
  await send(randomBytes(1024 * 1024 - 400), Buffer.from('large'));
  await send(null, null);
  await producer.close();
  await changePrice(sku, 700);
  const own = await waitFor(
    'the poison to be set aside',
    async () => {
      const found = await show();
      return found.length >= 4 ? found : undefined;
    },
    60_000,
  );
  assert.deepEqual(own.map(({ state }) => state).sort(), ['DEAD', 'DEAD', 'DEAD', 'QUEUED']);
  assert.equal(await priceOf(sku), '100', 'what comes after the poison waits');
  const dead = own.filter(({ state }) => state === 'DEAD').map(({ id }) => id);
  const reason = ['--reason', 'it is noise'];
  const discarded = await shopverse('dlq', 'discard', CONSUMER, ...dead, ...reason, '--json');
  assert.deepEqual(jsonOf(discarded), { discarded: 3 });
  await waitFor('what waited to follow', async () => (await priceOf(sku)) === '700', 30_000);
});

test('with real dead letters in Kafka every invariant holds', { timeout: 400_000 }, async () => {
  await sleep(1_000);
  const check = await shopverse('check', '--json');
  assert.equal(check.code, 0, `${check.stdout}\n${check.stderr}`);
  const findings: { id: string; verdict: string; looked: string }[] = JSON.parse(check.stdout);
  const copies = findings.find(({ id }) => id === 'I-36');
  assert.equal(copies?.verdict, 'holds', copies?.looked);
});
