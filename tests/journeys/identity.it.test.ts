import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeProtectedHeader } from 'jose';
import { Role } from '#gen/shopverse/options/v1/options_pb.ts';
import { ProductService } from '#gen/shopverse/product/v1/product_service_pb.ts';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { openSecrets } from '../../local/secrets.ts';
import { ADMINISTRATOR } from '../../local/services/environment.ts';
import { type Session, signIn } from '../../local/shop/session.ts';
import { PATIENCE_MS } from './testing/checkout.ts';
import { linkToken, newCustomer } from './testing/customers.ts';
import { describe, refusalOf, stack, TRANSPORTS } from './testing/transports.ts';

/** The grace of a refresh token, and some. Milliseconds. */
const BEYOND_GRACE = 11_000;

let administrator: Session;
before(async () => {
  administrator = await signIn(stack, ADMINISTRATOR, openSecrets(stack.state)('user/administrator'));
});

for (const transport of TRANSPORTS) {
  suite(`identity over ${transport.name}`, { concurrency: 4 }, () => {
    const users = transport.client(UserService);
    const refresh = async (refreshToken: string) => {
      const { tokens } = await users.refreshTokens({ refreshToken });
      assert.ok(tokens);
      return tokens;
    };

    test('S-10 S-11 tokens rotate, two tabs get the same, and one that comes late ends the session', async () => {
      const { tokens } = await newCustomer(transport);
      const tabs = await Promise.all(Array.from({ length: 5 }, () => refresh(tokens.refreshToken)));
      assert.equal(new Set(tabs.map(({ refreshToken }) => refreshToken)).size, 1);
      const newest = await refresh(tabs[0]?.refreshToken ?? '');
      const me = transport.client(UserService, { token: newest.accessToken });
      assert.equal((await me.listSessions({})).sessions.length, 1);
      await sleep(BEYOND_GRACE);
      const reused = refresh(tabs[0]?.refreshToken ?? '');
      assert.equal(await refusalOf(reused), 'UNAUTHENTICATED REFRESH_TOKEN_INVALID');
      const family = refresh(newest.refreshToken);
      assert.equal(await refusalOf(family), 'UNAUTHENTICATED REFRESH_TOKEN_INVALID');
    });

    test('S-05 a refresh token opens nothing else, and an access token renews nothing', async () => {
      const { tokens } = await newCustomer(transport);
      const wrong = transport.client(UserService, { token: tokens.refreshToken });
      assert.match(await refusalOf(wrong.getMe({})), /^UNAUTHENTICATED/);
      assert.match(await refusalOf(refresh(tokens.accessToken.slice(0, 200))), /^UNAUTHENTICATED/);
    });

    test('sessions are seen and ended; a new password ends the others; a reset ends all', async () => {
      const customer = await newCustomer(transport);
      const { email, password, tokens } = customer;
      const me = customer.client(UserService);
      const logIn = async (device: string, word = password) => {
        const answer = await users.logIn({ email, password: word, deviceName: device });
        assert.ok(answer.tokens);
        return answer.tokens;
      };
      const [phone, tablet] = [await logIn('phone'), await logIn('tablet')];
      const { sessions } = await me.listSessions({});
      assert.deepEqual(sessions.map(({ deviceName }) => deviceName).sort(), ['journey', 'phone', 'tablet']);
      await me.revokeSession({ sessionId: phone.sessionId });
      assert.match(await refusalOf(refresh(phone.refreshToken)), /^UNAUTHENTICATED/);
      const next = `${password} again`;
      await me.changePassword({ currentPassword: password, newPassword: next });
      assert.match(await refusalOf(refresh(tablet.refreshToken)), /^UNAUTHENTICATED/);
      const kept = await refresh(tokens.refreshToken);
      const old = users.logIn({ email, password, deviceName: '' });
      assert.equal(await refusalOf(old), 'UNAUTHENTICATED CREDENTIALS_INVALID');

      const since = new Date(Date.now() - 1_000);
      await users.requestPasswordReset({ email });
      const token = await linkToken(email, 'reset', since);
      const reset = { token, newPassword: `${password} once more` };
      await users.resetPassword(reset);
      assert.match(await refusalOf(users.resetPassword(reset)), /LINK_INVALID$/, 'S-62');
      assert.match(await refusalOf(refresh(kept.refreshToken)), /^UNAUTHENTICATED/);
      await logIn('at last', reset.newPassword);
    });

    test('S-15 S-12 a role opens what it is for from the next log-in on, and ends the sessions before', async () => {
      const { userId, email, password, tokens, client } = await newCustomer(transport);
      const category = (name: string) => ({ requestId: randomUUID(), displayName: name });
      const refused = await refusalOf(client(ProductService).createCategory(category('MINE')));
      assert.match(refused, /^PERMISSION_DENIED/);
      assert.match(await refusalOf(client(UserService).listUsers({})), /^PERMISSION_DENIED/);
      await administrator.client(UserService).setUserRoles({ userId, roles: [Role.SUPPORT] });
      assert.match(await refusalOf(refresh(tokens.refreshToken)), /^UNAUTHENTICATED/);
      const again = await users.logIn({ email, password, deviceName: '' });
      const token = again.tokens?.accessToken ?? '';
      const support = transport.client(UserService, { token });
      assert.equal((await support.listUsers({ email })).users[0]?.userId, userId);
      assert.match(
        await refusalOf(support.setUserRoles({ userId, roles: [Role.ADMIN] })),
        /^PERMISSION_DENIED/,
      );
      const products = transport.client(ProductService, { token });
      assert.match(await refusalOf(products.createCategory(category('MINE'))), /^PERMISSION_DENIED/);
    });

    test('S-55 nobody learns from an answer whether an address has an account', async () => {
      const { email } = await newCustomer(transport);
      const stranger = `${randomUUID()}@journeys.example`;
      const logIn = (address: string) =>
        refusalOf(users.logIn({ email: address, password: 'not the password', deviceName: '' }));
      assert.equal(await logIn(email), await logIn(stranger));
      for (const address of [email, stranger]) {
        await users.requestPasswordReset({ email: address });
        await users.register({
          requestId: randomUUID(),
          email: address,
          displayName: 'Somebody',
          password: 'correct horse battery',
        });
      }
    });
  });
}

test('F-31 the signing key is rotated under use, and no valid token is refused', async () => {
  const clients = await Promise.all(
    TRANSPORTS.map(async (transport) => {
      const customer = await newCustomer(transport);
      return { transport, customer, users: transport.client(UserService) };
    }),
  );
  const stop = new AbortController();
  const failures: string[] = [];
  let calls = 0;
  const note = (error: unknown) => void failures.push(describe(error));
  const using = clients.flatMap(({ transport, customer, users }) => [
    // Somebody who keeps the token that they have, and somebody who renews it all the time.
    (async () => {
      const me = customer.client(UserService);
      while (!stop.signal.aborted) {
        await me.getMe({}).catch(note);
        calls += 1;
      }
    })(),
    (async () => {
      const { email, password } = customer;
      let { tokens } = await users.logIn({ email, password, deviceName: 'renewing' });
      while (!stop.signal.aborted) {
        await transport
          .client(UserService, { token: tokens?.accessToken ?? '' })
          .getMe({})
          .catch(note);
        const renewed = await users.refreshTokens({ refreshToken: tokens?.refreshToken ?? '' });
        tokens = renewed.tokens;
        calls += 1;
        await sleep(50);
      }
    })(),
  ]);
  try {
    // A key that is too new to sign with is rotated to later.
    const keyId = await waitFor(
      'the key to be rotated',
      () =>
        administrator
          .client(UserService)
          .rotateSigningKey({})
          .then((answer) => answer.keyId)
          .catch(async (error) => {
            assert.match(describe(error), /^RESOURCE_EXHAUSTED/);
            await sleep(2_000);
            return undefined;
          }),
      PATIENCE_MS,
    );
    const [first] = clients;
    assert.ok(first);
    const { email, password } = first.customer;
    await waitFor('tokens to be signed with it', async () => {
      const { tokens } = await first.users.logIn({ email, password, deviceName: 'new key' });
      return decodeProtectedHeader(tokens?.accessToken ?? '').kid === keyId;
    });
    await sleep(3_000);
  } finally {
    stop.abort();
    await Promise.all(using);
  }
  assert.deepEqual([...new Set(failures)], []);
  assert.ok(calls > 20, `${calls} calls`);
});
