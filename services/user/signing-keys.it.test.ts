import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { decodeProtectedHeader } from 'jose';
import { reasonOf, startAccounts } from './testing/accounts.ts';

let stage: Awaited<ReturnType<typeof startAccounts>>;
before(async () => {
  stage = await startAccounts();
});
after(() => stage?.close());

const published = async () => (await stage.signingKeys.jwks()).keys.map(({ kid }) => kid);
const signer = async () =>
  decodeProtectedHeader((await stage.newUser()).tokens.accessToken).kid ?? 'no key at all';

test('F-31 a key is published long before it signs, and until the last token it signed is dead', async () => {
  const admin = await stage.as(randomUUID(), randomUUID(), ['admin']);
  const first = await signer();
  const next = (await published()).find((kid) => kid !== first);
  assert.equal(
    await reasonOf(admin.rotateSigningKey({})),
    'OVERLOADED',
    'those who cache the keys don’t know the next one yet',
  );
  assert.equal(await signer(), first);
  stage.pass(120_000);
  assert.equal((await admin.rotateSigningKey({})).keyId, next);
  assert.equal(await signer(), next);
  assert.ok((await published()).includes(first));
  assert.equal((await published()).length, 3, 'the one after that is published already');
  stage.pass(299_000);
  assert.ok((await published()).includes(first), 'its last token may live for another second');
  stage.pass(30_000);
  assert.ok(!(await published()).includes(first));
});

test('ten who rotate at once rotate once', async () => {
  stage.pass(120_000);
  const admin = await stage.as(randomUUID(), randomUUID(), ['admin']);
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => reasonOf(admin.rotateSigningKey({}))));
  assert.equal(outcomes.filter((outcome) => outcome === 'OK').length, 1);
});

test('no private key is published, or lies in clear in the database', async () => {
  const { keys } = await stage.signingKeys.jwks();
  assert.ok(keys.every((key) => key.d === undefined && key.x !== undefined));
  const rows = await stage.db.selectFrom('signing_key').select('sealed_jwk').execute();
  assert.ok(rows.every(({ sealed_jwk }) => !sealed_jwk.toString('latin1').includes('"d"')));
});
