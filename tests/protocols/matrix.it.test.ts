import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { install, placeOf } from '../../local/install/artefact.ts';
import { GRPCURL } from '../../local/parts/go/grpcurl.ts';
import { openStack } from '../../local/stack.ts';
import type { Attempt, Client } from './testing/client.ts';
import {
  bufClients,
  curlConnect,
  curlRest,
  grpcurlClient,
  type Schema,
  writeSchema,
} from './testing/command-clients.ts';
import { grpcClient } from './testing/grpc-client.ts';
import { libraryClients } from './testing/library-clients.ts';
import type { Outcome } from './testing/outcome.ts';
import { orders, type Shop, startShop } from './testing/shop.ts';

type Case = Attempt & { readonly name: string; readonly expected: Outcome };

const { getOrder, watchOrder, placeOrder } = OrderService.method;
const PAID = 'STATE_PAID';
let shop: Shop;
let clients: Client[];
let cases: Case[];
let schema: Schema;
/** The clients that can't be had here, and why. */
const absent: string[] = [];

before(async () => {
  shop = await startShop();
  schema = writeSchema();
  const { url, address } = shop.edge;
  clients = [
    ...libraryClients(url),
    grpcClient(address),
    curlConnect(url),
    curlRest(url),
    ...(process.env.MATRIX_WITHOUT_BUF ? [] : bufClients(url, schema)),
    ...(await grpcurl(address)),
  ];
  cases = await casesFor(shop);
});
after(async () => {
  for (const client of clients ?? []) client.close?.();
  schema?.remove();
  await shop?.close();
});

test('every client is told the same by every protocol: code, message, details', async () => {
  const table = new Map<string, string[]>();
  const failures: string[] = [];
  const gaps = new Set<string>();
  for (const client of clients) {
    const row: string[] = [];
    for (const { name, expected, ...attempt } of cases) {
      const reason = client.cannot(attempt);
      if (reason !== undefined) {
        gaps.add(`${client.name} x ${name}: ${reason}`);
        row.push('–');
        continue;
      }
      try {
        assert.deepEqual(await client.call(attempt), expected);
        row.push('same');
      } catch (error) {
        failures.push(`${client.name} x ${name}: ${error instanceof Error ? error.message : error}`);
        row.push('OTHER');
      }
    }
    table.set(client.name, row);
  }
  console.log(format(cases, table));
  for (const gap of [...gaps, ...absent]) console.log(`– ${gap}`);
  assert.deepEqual(failures, []);
});

/** grpcurl, built the first time; where that can't be done, its row is left out with the reason. */
async function grpcurl(address: string): Promise<Client[]> {
  const { cache } = openStack();
  try {
    await install(cache, GRPCURL);
    return [grpcurlClient(join(placeOf(cache, GRPCURL), 'grpcurl'), address, schema)];
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : `${error}`).split('\n');
    absent.push(`grpcurl is left out, as it can't be built here: ${reason}`);
    return [];
  }
}

async function casesFor({ mesh }: Shop): Promise<Case[]> {
  const signedIn = async (claims = {}) => ({ authorization: `Bearer ${await mesh.token(claims)}` });
  const headers = await signedIn();
  const fine = { orderId: orders.fine };
  const info = (reason: string, domain = 'shopverse.common', rest = {}) => ({
    '@type': 'google.rpc.ErrorInfo',
    reason,
    domain,
    ...rest,
  });
  const refused = (code: string, message: string, details: object[], states: string[] = []): Outcome =>
    ({ code, message, details, states }) as Outcome;
  const signIn = refused('UNAUTHENTICATED', 'Sign in to do this: there is no valid token.', [
    info('UNAUTHENTICATED'),
  ]);
  const tooMany = (states: string[] = []) =>
    refused(
      'RESOURCE_EXHAUSTED',
      'Too many: 100 %, é.',
      [
        info('TOO_MANY_OPEN_ORDERS', 'shopverse.order', { metadata: { open: '7' } }),
        {
          '@type': 'google.rpc.BadRequest',
          fieldViolations: [{ field: 'order_id', description: 'is one too many' }],
        },
        { '@type': 'google.rpc.RetryInfo', retryDelay: '1.500s' },
      ],
      states,
    );
  const late = refused('DEADLINE_EXCEEDED', 'The deadline passed before the answer.', [
    info('DEADLINE_EXCEEDED'),
  ]);
  const states = ['STATE_PLACED', 'STATE_CONFIRMED', PAID];
  return [
    {
      ...{ name: 'unary', method: getOrder, request: fine, headers },
      expected: { code: 'ok', message: '', details: [], states: [PAID] },
    },
    {
      ...{ name: 'stream', method: watchOrder, request: fine, headers },
      expected: { code: 'ok', message: '', details: [], states },
    },
    {
      ...{ name: 'refused', method: getOrder, request: { orderId: orders.refused }, headers },
      expected: tooMany(),
    },
    {
      ...{ name: 'stream refused', method: watchOrder, request: { orderId: orders.refused }, headers },
      expected: tooMany(states),
    },
    {
      ...{ name: 'invalid', method: getOrder, request: { orderId: 'no-uuid' }, headers },
      expected: refused('INVALID_ARGUMENT', 'The request breaks its rules.', [
        info('INVALID_REQUEST'),
        {
          '@type': 'google.rpc.BadRequest',
          fieldViolations: [{ field: 'order_id', description: 'must be a valid UUID' }],
        },
      ]),
    },
    { name: 'no token', method: getOrder, request: fine, headers: {}, expected: signIn },
    { name: 'stream no token', method: watchOrder, request: fine, headers: {}, expected: signIn },
    {
      ...{ name: 'expired', method: getOrder, request: fine },
      ...{ headers: await signedIn({ expiresIn: -60 }), expected: signIn },
    },
    {
      ...{ name: 'audience', method: getOrder, request: fine },
      ...{ headers: await signedIn({ aud: 'elsewhere' }), expected: signIn },
    },
    {
      ...{ name: 'deadline', method: getOrder, request: { orderId: orders.slow }, headers },
      ...{ deadlineMs: 300, expected: late },
    },
    {
      ...{ name: 'oversize', method: placeOrder, headers },
      request: { requestId: 'x'.repeat(5 * 1024 * 1024) },
      expected: refused('RESOURCE_EXHAUSTED', 'The request is too large.', [info('TOO_LARGE')]),
    },
    {
      ...{ name: 'unknown', method: CartService.method.quoteCart, request: {}, headers },
      expected: refused('UNIMPLEMENTED', 'There is no such thing here.', [info('UNKNOWN_METHOD')]),
    },
  ];
}

function format(columns: readonly Case[], rows: ReadonlyMap<string, readonly string[]>): string {
  const widths = columns.map(({ name }) => Math.max(name.length, 5));
  const line = (first: string, cells: readonly string[]) =>
    [first.padEnd(34), ...cells.map((cell, index) => cell.padEnd(widths[index] ?? 0))].join('  ');
  return [
    line(
      '',
      columns.map(({ name }) => name),
    ),
    ...[...rows].map(([name, cells]) => line(name, cells)),
  ].join('\n');
}
