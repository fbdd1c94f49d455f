import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { WebSessionService } from '#gen/shopverse/gateway/v1/web_session_service_pb.ts';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { edgeUrl } from '../../local/shop/session.ts';
import { SESSION_COOKIE } from '../../services/gateway/domain/session-cookie.ts';
import { type Browser, newBrowser, OWN_PAGE, type PageHeaders } from './testing/browser.ts';
import { type Customer, newCustomer } from './testing/customers.ts';
import { grpc, refusalOf, stack } from './testing/transports.ts';

let customer: Customer;
before(async () => {
  customer = await newCustomer(grpc);
});

async function signedIn(browser: Browser) {
  const { email, password } = customer;
  const answer = await browser.client(WebSessionService).signIn({ email, password, deviceName: 'browser' });
  return answer.accessToken?.token ?? '';
}
const cookieOf = ({ jar }: Browser) => jar.get(SESSION_COOKIE) ?? '';
/** A browser with another's cookie, as a thief or a tab from before has it. */
function withCookie(value: string): Browser {
  const browser = newBrowser();
  browser.jar.set(SESSION_COOKIE, value);
  return browser;
}
const sessionsOf = async (token: string) =>
  (await grpc.client(UserService, { token }).listSessions({})).sessions;

for (const protocol of ['Connect', 'gRPC-Web'] as const) {
  test(`a page signs in, refreshes and signs out by ${protocol}; the refresh token is in the cookie alone`, async () => {
    const browser = newBrowser(protocol);
    const { email, password } = customer;
    const pages = browser.client(WebSessionService);
    const answer = await pages.signIn({ email, password, deviceName: 'browser' });
    assert.equal(answer.user?.userId, customer.userId);
    const first = answer.accessToken?.token ?? '';
    const kept = cookieOf(browser);
    assert.ok(kept.length > 40);
    assert.ok(!JSON.stringify(answer, (_, value) => `${value}`).includes(kept));
    assert.match(
      browser.set[0] ?? '',
      /^__Host-shopverse-session=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=[1-9]\d+$/,
    );
    assert.equal(
      (await browser.client(UserService, { authorization: `Bearer ${first}` }).getMe({})).user?.userId,
      customer.userId,
    );

    const { accessToken } = await pages.refresh({});
    assert.equal(accessToken?.sessionId, answer.accessToken?.sessionId);
    assert.notEqual(cookieOf(browser), kept);
    assert.ok((await sessionsOf(accessToken?.token ?? '')).some(({ current }) => current));

    const after = cookieOf(browser);
    await pages.signOut({});
    assert.equal(browser.jar.size, 0);
    assert.equal(
      await refusalOf(withCookie(after).client(WebSessionService).refresh({})),
      'UNAUTHENTICATED SESSION_MISSING',
    );
    await pages.signOut({});
    assert.equal(await refusalOf(pages.refresh({})), 'UNAUTHENTICATED SESSION_MISSING');
  });
}

test('REST pages get the same cookie, and nothing of it may be kept by a cache', async () => {
  const { email, password } = customer;
  const answer = await fetch(`${edgeUrl(stack)}/v1/webSession:signIn`, {
    method: 'POST',
    headers: { ...OWN_PAGE, 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.getSetCookie()[0] ?? '', /^__Host-shopverse-session=.*HttpOnly/);
  assert.match(answer.headers.get('cache-control') ?? '', /no-store/);
});

test('S-11 tabs that refresh at once all stay signed in, with one cookie among them', async () => {
  const browser = newBrowser();
  await signedIn(browser);
  const tabs = Array.from({ length: 6 }, () => withCookie(cookieOf(browser)));
  const tokens = await Promise.all(tabs.map((tab) => tab.client(WebSessionService).refresh({})));
  assert.equal(new Set(tabs.map(cookieOf)).size, 1);
  assert.notEqual(cookieOf(tabs[0] as Browser), cookieOf(browser));
  assert.equal(new Set(tokens.map(({ accessToken }) => accessToken?.sessionId)).size, 1);
  for (const { accessToken } of tokens) await sessionsOf(accessToken?.token ?? '');
  await (tabs[3] as Browser).client(WebSessionService).refresh({});
});

test('S-10 a cookie from two refreshes ago ends the session for the thief and for its owner', async () => {
  const browser = newBrowser();
  await signedIn(browser);
  const stolen = withCookie(cookieOf(browser));
  const pages = browser.client(WebSessionService);
  await pages.refresh({});
  await pages.refresh({});
  assert.equal(
    await refusalOf(stolen.client(WebSessionService).refresh({})),
    'UNAUTHENTICATED SESSION_MISSING',
  );
  assert.equal(stolen.jar.size, 0, 'what is worth nothing is taken away');
  assert.equal(await refusalOf(pages.refresh({})), 'UNAUTHENTICATED SESSION_MISSING');
});

test('S-60 a page of another site can neither sign in, refresh nor sign out, even with the cookie', async () => {
  const browser = newBrowser();
  await signedIn(browser);
  const kept = cookieOf(browser);
  const { email, password } = customer;
  const { 'x-shopverse-web': _, ...withoutHeader } = OWN_PAGE;
  const foreign: Record<string, PageHeaders> = {
    'another site': { ...OWN_PAGE, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    'a sibling host': { ...OWN_PAGE, origin: 'https://blog.shop.example', 'sec-fetch-site': 'same-site' },
    'an opaque origin': { ...OWN_PAGE, origin: 'null', 'sec-fetch-site': 'cross-site' },
    'a form': withoutHeader,
    'an old browser on another site': { 'x-shopverse-web': '1', origin: 'https://evil.example' },
    'no page at all': { 'x-shopverse-web': '1' },
  };
  for (const [who, page] of Object.entries(foreign)) {
    const pages = browser.client(WebSessionService, page);
    for (const call of [
      () => pages.signIn({ email, password }),
      () => pages.refresh({}),
      () => pages.signOut({}),
    ]) {
      assert.equal(await refusalOf(call()), 'PERMISSION_DENIED CROSS_SITE', who);
    }
  }
  assert.equal(cookieOf(browser), kept);
  // A form may send plain text, which REST takes for JSON.
  const form = await fetch(`${edgeUrl(stack)}/v1/webSession:signOut`, {
    method: 'POST',
    headers: {
      'content-type': 'text/plain',
      cookie: `${SESSION_COOKIE}=${kept}`,
      origin: 'https://evil.example',
    },
    body: '{}',
  });
  assert.equal(form.status, 403);
  await browser.client(WebSessionService).refresh({});
});

test('S-60 S-08 cookies travel to the session’s methods from listed pages alone, and open nothing else', async () => {
  const ask = async (path: string, origin: string) => {
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-shopverse-web',
    };
    const answer = await fetch(edgeUrl(stack) + path, { method: 'OPTIONS', headers });
    return [
      answer.headers.get('access-control-allow-origin'),
      answer.headers.get('access-control-allow-credentials'),
    ];
  };
  const refresh = `/${WebSessionService.typeName}/Refresh`;
  const dev = 'http://localhost:5173';
  assert.deepEqual(await ask(refresh, dev), [dev, 'true']);
  assert.deepEqual(await ask(refresh, 'https://evil.example'), [null, null]);
  assert.deepEqual(await ask(`/${UserService.typeName}/GetMe`, dev), [dev, null]);
  const browser = newBrowser();
  await signedIn(browser);
  assert.match(await refusalOf(browser.client(UserService).getMe({})), /^UNAUTHENTICATED /);
});

test('S-55 a wrong password and an unknown address are told the same, and set no cookie', async () => {
  const browser = newBrowser();
  const pages = browser.client(WebSessionService);
  const wrong = await refusalOf(pages.signIn({ email: customer.email, password: 'not this one' }));
  const unknown = await refusalOf(pages.signIn({ email: `no-${customer.email}`, password: 'not this one' }));
  assert.equal(wrong, 'UNAUTHENTICATED CREDENTIALS_INVALID');
  assert.equal(unknown, wrong);
  assert.deepEqual(browser.set, []);
  assert.equal(
    await refusalOf(pages.signIn({ email: 'a', password: '' })),
    'INVALID_ARGUMENT INVALID_REQUEST',
  );
});
