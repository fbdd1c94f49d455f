import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CartService } from '#gen/shopverse/cart/v1/cart_service_pb.ts';
import { Role } from '#gen/shopverse/options/v1/options_pb.ts';
import { OrderService } from '#gen/shopverse/order/v1/order_service_pb.ts';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { openSecrets } from '../../local/secrets.ts';
import { ADMINISTRATOR } from '../../local/services/environment.ts';
import { type Session, signIn } from '../../local/shop/session.ts';
import { shopverse } from '../faults/shopverse.ts';
import { type Customer, newCustomer } from '../journeys/testing/customers.ts';
import { describe, grpc, refusalOf, stack } from '../journeys/testing/transports.ts';

/** S-12: from the act to the last call that its tokens open anywhere. Milliseconds. */
const WITHIN_MS = 60_000;

let administrator: Session;
before(async () => {
  administrator = await signIn(stack, ADMINISTRATOR, openSecrets(stack.state)('user/administrator'));
});

/** Everywhere that a customer's token goes: each service verifies it for itself. */
const PLACES = {
  user: (one: Customer) => one.client(UserService).listSessions({}),
  cart: (one: Customer) => one.client(CartService).getCart({}),
  order: (one: Customer) => one.client(OrderService).listOrders({}),
} as const;

/** Ways to end a session before its tokens are over. */
const ACTS: Record<string, (one: Customer) => Promise<unknown>> = {
  'a log-out': (one) => one.client(UserService).logOut({}),
  'a password changed elsewhere': async ({ email, password }) => {
    const { tokens } = await grpc.client(UserService).logIn({ email, password, deviceName: 'elsewhere' });
    const elsewhere = grpc.client(UserService, { token: tokens?.accessToken ?? '' });
    await elsewhere.changePassword({ currentPassword: password, newPassword: `${password} and more` });
  },
  'a change of roles': ({ userId }) =>
    administrator.client(UserService).setUserRoles({ userId, roles: [Role.CATALOGUE] }),
  'a ban': ({ userId }) => administrator.client(UserService).banUser({ userId, reason: 'a test' }),
};

for (const [act, end] of Object.entries(ACTS)) {
  test(`S-12 after ${act} an access token opens nothing anywhere within 60 s`, async () => {
    const one = await newCustomer(grpc);
    for (const call of Object.values(PLACES)) await call(one);
    await end(one);
    const done = Date.now();
    await Promise.all(
      Object.entries(PLACES).map(async ([place, call]) => {
        for (;;) {
          const outcome = await call(one).then(() => 'OK', describe);
          if (outcome === 'UNAUTHENTICATED TOKEN_INVALID') break;
          assert.equal(outcome, 'OK', `${place} said something else`);
          assert.ok(Date.now() - done < WITHIN_MS, `the token still opens ${place}`);
          await sleep(250);
        }
      }),
    );
    assert.match(await refusalOf(one.client(CartService).getCart({})), /TOKEN_INVALID/);
  });
}

test('F-31 with the keys away, tokens are taken as before: those that were seen and those that were not', async () => {
  const [seen, unseen] = [await newCustomer(grpc), await newCustomer(grpc)];
  await seen.client(CartService).getCart({});
  const failures: string[] = [];
  let calls = 0;
  let going = true;
  const calling = (async () => {
    while (going) {
      for (const one of [seen, unseen]) {
        await one
          .client(CartService)
          .getCart({})
          .catch((error) => failures.push(describe(error)));
        calls += 1;
      }
    }
  })();
  // kill -9: the supervisor starts it again.
  assert.equal((await shopverse('kill', 'user-1')).code, 0);
  await sleep(4_000);
  going = false;
  await calling;
  assert.deepEqual(failures, []);
  assert.ok(calls > 10, `${calls} calls`);
});
