import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { SignJWT } from 'jose';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { spiffeId } from './workload.ts';
import { createWorkloadTokens } from './workload-token.ts';

let folder: string;
let now = Date.now();
const keys = new Map<string, { privateKey: KeyObject; publicKey: KeyObject }>();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shopverse-identity-'));
  for (const service of ['order', 'cart']) {
    const pair = generateKeyPairSync('ed25519');
    keys.set(service, pair);
    await writeFile(join(folder, service), JSON.stringify(pair.privateKey.export({ format: 'jwk' })));
  }
  await trust(['order', 'cart']);
});

after(() => rm(folder, { recursive: true }));

function trust(services: readonly string[]): Promise<void> {
  const jwks = services.map((service) => ({
    ...keys.get(service)?.publicKey.export({ format: 'jwk' }),
    kid: spiffeId(service),
  }));
  return writeFile(join(folder, 'trust'), JSON.stringify({ keys: jwks }));
}

function tokensOf(service: string) {
  return createWorkloadTokens({
    service,
    identityPath: join(folder, service),
    trustPath: join(folder, 'trust'),
    now: () => now,
  });
}

function forge(claims: { sub: string; aud: string; exp?: number; kid: string; by: string }): Promise<string> {
  const { privateKey } = keys.get(claims.by) ?? assert.fail();
  const token = new SignJWT({}).setProtectedHeader({ alg: 'EdDSA', kid: claims.kid });
  token.setSubject(claims.sub).setAudience(claims.aud);
  if (claims.exp !== undefined) {
    token.setExpirationTime(claims.exp);
  }
  return token.sign(privateKey);
}

const untrusted = (error: unknown) => error instanceof RpcError && error.code === status.UNAUTHENTICATED;

test('a peer proves itself to whom it calls, with one token for minutes', async () => {
  const order = await tokensOf('order');
  const cart = await tokensOf('cart');
  const token = await order.forPeer('cart');
  assert.equal(await cart.verify(token), 'order');
  now += 200_000;
  assert.equal(await order.forPeer('cart'), token);
  now += 60_000;
  assert.notEqual(await order.forPeer('cart'), token, 'renewed while the old one is still valid');
  assert.equal(await cart.verify(token), 'order');
  now += 60_000;
  await assert.rejects(async () => cart.verify(token), untrusted);
});

test('a token for another, by another, without an end or over is not believed', async () => {
  const cart = await tokensOf('cart');
  const exp = Math.floor(now / 1000) + 60;
  const [order, own] = [spiffeId('order'), spiffeId('cart')];
  for (const forged of [
    { sub: order, aud: spiffeId('payment'), exp, kid: order, by: 'order' },
    { sub: order, aud: own, exp, kid: order, by: 'cart' },
    { sub: order, aud: own, exp, kid: own, by: 'cart' },
    { sub: order, aud: own, kid: order, by: 'order' },
    { sub: order, aud: own, exp: exp - 120, kid: order, by: 'order' },
    { sub: 'spiffe://elsewhere/ns/shopverse/sa/order', aud: own, exp, kid: order, by: 'order' },
    { sub: order, aud: own, exp, kid: '../trust', by: 'order' },
  ]) {
    await assert.rejects(async () => cart.verify(await forge(forged)), untrusted, JSON.stringify(forged));
  }
});

test('a workload that became trusted later is found', async () => {
  const pair = generateKeyPairSync('ed25519');
  keys.set('review', pair);
  await writeFile(join(folder, 'review'), pair.privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const cart = await tokensOf('cart');
  const token = await (await tokensOf('review')).forPeer('cart');
  await assert.rejects(async () => cart.verify(token), untrusted);
  await trust(['order', 'cart', 'review']);
  now += 1500;
  assert.equal(await cart.verify(token), 'review');
});
