import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { durationMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { status } from '@grpc/grpc-js';
import { RetryInfoSchema } from '#gen/google/rpc/error_details_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { LIMITS, type Limits } from './envoy/rate-limits.ts';
import { bearer } from './testing/calls.ts';
import { type Edge, startEdge } from './testing/edge.ts';
import { post } from './testing/post.ts';
import { pathOf } from './testing/upstream.ts';

const { getOrder } = OrderService.method;
const { logIn } = UserService.method;
/** An hour's worth each, so that nothing is filled again during a test. */
const limits: Limits = {
  address: { requests: 60, per: 'hour' },
  user: { requests: 20, per: 'hour' },
  methods: { ...LIMITS.methods, [pathOf(logIn)]: { requests: 5, per: 'hour' } },
};
let edge: Edge;

before(async () => {
  edge = await startEdge([OrderService, UserService], { limits });
  edge.upstream.answer(getOrder, () => ({}));
  edge.upstream.answer(logIn, () => ({}));
});
after(() => edge?.stop());

/** How often each gRPC code was answered. */
async function codes(times: number, call: (n: number) => ReturnType<typeof post>) {
  const seen: Record<number, number> = {};
  for (let n = 0; n < times; n++) {
    const { code } = await call(n);
    seen[code] = (seen[code] ?? 0) + 1;
  }
  return seen;
}

test('S-57 S-58 a log-in may be tried so often from an address, whatever it says of itself; others go on', async () => {
  const guess = (n: number) =>
    post(edge.url, logIn, '127.0.0.2', {
      'x-forwarded-for': `10.0.0.${n}`,
      'x-real-ip': `10.0.0.${n}`,
      forwarded: `for=10.0.0.${n}`,
      'x-envoy-external-address': `10.0.0.${n}`,
    });
  assert.deepEqual(await codes(12, guess), { 0: 5, [status.RESOURCE_EXHAUSTED]: 7 });
  assert.deepEqual(await codes(3, () => post(edge.url, logIn, '127.0.0.3')), { 0: 3 });
});

test('S-58 a user has one limit over all connections and addresses, and another user their own', async () => {
  const mine = await bearer(edge, { sub: 'user-busy' });
  const seen = await codes(30, (n) => post(edge.url, getOrder, `127.0.1.${1 + (n % 10)}`, mine));
  assert.deepEqual(seen, { 0: 20, [status.RESOURCE_EXHAUSTED]: 10 });
  // Other claims and another signature are the same user still.
  const again = await bearer(edge, { sub: 'user-busy', sid: 'session-2' });
  assert.equal((await post(edge.url, getOrder, '127.0.1.1', again)).code, status.RESOURCE_EXHAUSTED);
  const theirs = await bearer(edge, { sub: 'user-calm' });
  assert.equal((await post(edge.url, getOrder, '127.0.1.1', theirs)).code, 0);
});

test('who is refused learns when to come again: after the window of the limit that it met', async () => {
  const web = createClient(UserService, createGrpcWebTransport({ baseUrl: edge.url }));
  const retryAfterMs = async (call: () => Promise<unknown>) => {
    for (let n = 0; n < 100; n++) {
      const error = await call().then(() => undefined, ConnectError.from);
      const [retry] = error?.findDetails(RetryInfoSchema) ?? [];
      if (error?.code === Code.ResourceExhausted) return retry?.retryDelay && durationMs(retry.retryDelay);
    }
    return assert.fail('nobody was refused');
  };
  assert.equal(await retryAfterMs(() => web.logIn({ email: 'a@b.example', password: 'guessed' })), 3600_000);
});

test('an address has a limit over all users', async () => {
  const tokens = await Promise.all(
    Array.from({ length: 70 }, (_, n) => bearer(edge, { sub: `user-of-many-${n}` })),
  );
  const seen = await codes(70, (n) => post(edge.url, getOrder, '127.0.0.7', tokens[n]));
  assert.deepEqual(seen, { 0: 60, [status.RESOURCE_EXHAUSTED]: 10 });
});

test('how much is left is told with every answer', async () => {
  const answers = [];
  for (let n = 0; n < 7; n++) answers.push(await post(edge.url, logIn, '127.0.0.8'));
  assert.deepEqual(
    answers.map(({ headers }) => headers['x-ratelimit-remaining']),
    ['4', '3', '2', '1', '0', '0', '0'],
  );
  assert.match(String(answers[0]?.headers['x-ratelimit-limit']), /^5/);
  assert.ok(Number(answers[0]?.headers['x-ratelimit-reset']) <= 3600);
});
