import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { pino } from 'pino';
import {
  PagePart,
  MissingPart_Reason as Reason,
  StorefrontService,
} from '#gen/shopverse/gateway/v1/storefront_service_pb.ts';
import { currentContext, nobody, runInContext } from '#platform/context/context.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import type { Call } from '#platform/rpc/bind.ts';
import { openPage } from './page.ts';

/** A call, and what was sent beside its answer. */
function newCall(signal = new AbortController().signal) {
  const sent: string[] = [];
  const call: Call = {
    caller: nobody,
    method: StorefrontService.method.getHomePage,
    signal,
    deadline: new Date(Date.now() + 60_000),
    correlationId: 'c',
    log: pino({ level: 'silent' }),
    metadata: () => [],
    answerMetadata: (name, value) => sent.push(`${name}: ${value}`),
  };
  return { call, sent };
}
const peerSays = (code: status) => () =>
  Promise.reject(new RpcError({ code, reason: '', domain: '', message: '', peer: 'product' }));

test('a part that fails is missing for a reason that says what to do about it, and the rest is there', async () => {
  const { call, sent } = newCall();
  const page = openPage(call);
  const [newest, ...lost] = await Promise.all([
    page.part(PagePart.NEWEST, async () => 'newest'),
    page.part(PagePart.PAYMENTS, peerSays(status.UNAVAILABLE)),
    page.part(PagePart.CATEGORIES, peerSays(status.DEADLINE_EXCEEDED)),
    page.part(PagePart.PRODUCTS, peerSays(status.PERMISSION_DENIED)),
    page.part(PagePart.RELATED, async () => assert.fail('a fault')),
  ]);
  page.without(PagePart.AVAILABILITY);
  assert.equal(newest, 'newest');
  assert.deepEqual(lost, [undefined, undefined, undefined, undefined]);
  assert.deepEqual(page.missing(), [
    { part: PagePart.CATEGORIES, reason: Reason.LATE },
    { part: PagePart.AVAILABILITY, reason: Reason.UNKNOWN_WITHOUT_ANOTHER },
    { part: PagePart.RELATED, reason: Reason.FAILED },
    { part: PagePart.PRODUCTS, reason: Reason.DENIED },
    { part: PagePart.PAYMENTS, reason: Reason.UNAVAILABLE },
  ]);
  assert.deepEqual(sent, ['cache-control: no-store']);
});

test('a whole page says nothing of caches', async () => {
  const { call, sent } = newCall();
  const page = openPage(call);
  await page.part(PagePart.NEWEST, async () => []);
  assert.deepEqual(page.missing(), []);
  assert.deepEqual(sent, []);
});

test('a part has less time than the main part, each from its own beginning, and nothing outlives the call', async () => {
  const { call } = newCall();
  const left = async () => (currentContext()?.deadline?.getTime() ?? 0) - Date.now();
  const within = <T>(work: () => Promise<T>) =>
    runInContext({ correlationId: 'c', caller: { roles: ['support'] } }, work);
  await within(async () => {
    const page = openPage(call);
    const part = (await page.part(PagePart.NEWEST, left)) ?? 0;
    const main = await page.main(left);
    assert.ok(part > 0 && part <= 800, `${part}`);
    assert.ok(main > 800 && main <= 10_000, `${main}`);
    assert.equal((await page.main(async () => currentContext()))?.caller.roles[0], 'support');
    const late = openPage({ ...call, deadline: new Date(Date.now() + 100) });
    assert.ok(((await late.part(PagePart.NEWEST, left)) ?? 0) <= 100);
  });
});

test('what the main part’s service refuses is the page’s refusal, with its details; a cancelled call fails whole', async () => {
  const { call } = newCall();
  const refused = new RpcError({
    ...{ code: status.NOT_FOUND, reason: 'PRODUCT_NOT_FOUND', domain: 'shopverse.product', message: 'No.' },
    ...{ peer: 'product', packed: [] },
  });
  await assert.rejects(
    openPage(call).main(() => Promise.reject(refused)),
    { code: status.NOT_FOUND, reason: 'PRODUCT_NOT_FOUND', peer: undefined, packed: [] },
  );
  const gone = openPage(newCall(AbortSignal.abort()).call);
  await assert.rejects(gone.part(PagePart.NEWEST, peerSays(status.CANCELLED)), { code: status.CANCELLED });
});
