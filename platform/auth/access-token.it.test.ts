import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { SignJWT } from 'jose';
import { pino } from 'pino';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { type AccessTokens, createAccessTokens } from './access-token.ts';

type Key = {
  readonly id: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly jwk: object;
};

function makeKey(id: string, alg: 'EdDSA' | 'ES256'): Key {
  const { privateKey, publicKey } =
    alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { id, alg, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid: id, alg } };
}

const first = makeKey('first', 'EdDSA');
const second = makeKey('second', 'ES256');
let published: unknown;
let fetched = 0;
let now = Date.now();
let tokens: AccessTokens;
const server = createServer((_request, response) => {
  fetched += 1;
  if (published === undefined) {
    response.destroy();
  } else {
    response.end(JSON.stringify(published));
  }
});

before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
after(() => {
  server.close();
  server.closeAllConnections();
});

beforeEach(() => {
  published = { keys: [first.jwk] };
  fetched = 0;
  now = Date.now();
  tokens = createAccessTokens({
    isEnded: (sessionId) => sessionId === 'ended',
    jwksUrl: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    issuer: 'https://id.shopverse.local',
    audience: 'shopverse',
    log: pino({ level: 'silent' }),
    now: () => now,
  });
  tokens.stop();
});

function sign(key: Key, claims: Record<string, unknown> = {}, header: object = {}): Promise<string> {
  const seconds = Math.floor(now / 1000);
  return new SignJWT({
    sub: 'user-1',
    sid: 'session-1',
    roles: ['support'],
    iss: 'https://id.shopverse.local',
    aud: 'shopverse',
    exp: seconds + 300,
    ...claims,
  })
    .setProtectedHeader({ alg: key.alg, kid: key.id, ...header })
    .sign(key.privateKey);
}

async function codeOf(token: string): Promise<status> {
  try {
    await tokens.verify(token);
    return status.OK;
  } catch (error) {
    assert(error instanceof RpcError, String(error));
    return error.code;
  }
}

test('a valid token is its user, session and roles; its keys are fetched once', async () => {
  const token = await sign(first);
  assert.deepEqual(await tokens.verify(token), {
    userId: 'user-1',
    sessionId: 'session-1',
    roles: ['support'],
  });
  await tokens.verify(await sign(first, { sub: 'user-2' }));
  assert.equal(fetched, 1);
});

test('F-31: with the key endpoint away, known keys go on serving', async () => {
  await tokens.verify(await sign(first));
  published = undefined;
  assert.equal(await codeOf(await sign(first, { sub: 'user-2' })), status.OK);
});

test('F-31: a key that was never seen and can’t be fetched is no fault of the token', async () => {
  published = undefined;
  assert.equal(await codeOf(await sign(first)), status.UNAVAILABLE);
  published = { not: 'a key set' };
  assert.equal(await codeOf(await sign(first)), status.UNAVAILABLE);
});

test('F-31: a rotated key is fetched for the first token that it signed', async () => {
  // The keys were read long ago, so that looking again is allowed.
  await tokens.verify(await sign(first));
  published = { keys: [first.jwk, second.jwk] };
  await new Promise((resolve) => setTimeout(resolve, 5100));
  assert.equal(await codeOf(await sign(second)), status.OK);
  assert.equal(fetched, 2);
});

test('S-05: no exp, exp over, not yet valid, another’s issuer or audience, no session', async () => {
  const seconds = Math.floor(now / 1000);
  for (const claims of [
    { exp: undefined },
    { exp: seconds - 1 },
    { nbf: seconds + 60 },
    { iss: 'https://evil.example' },
    { aud: 'other' },
    { sid: undefined },
    { sub: undefined },
    { roles: 'admin' },
    { roles: [{ admin: true }] },
  ]) {
    assert.equal(await codeOf(await sign(first, claims)), status.UNAUTHENTICATED, JSON.stringify(claims));
  }
});

test('S-01, S-03: no algorithm, another one, made-up key ids and embedded keys', async () => {
  const [, payload] = (await sign(first)).split('.');
  const headers = [
    { alg: 'none', kid: 'first' },
    { alg: 'HS256', kid: 'first' },
    { alg: 'EdDSA' },
    { alg: 'EdDSA', kid: '../../etc/passwd' },
    { alg: 'EdDSA', kid: "' or 1=1 --" },
    { alg: 'EdDSA', kid: 'a\nb' },
    { alg: 'EdDSA', kid: 'x'.repeat(10_000) },
  ];
  for (const header of headers) {
    const forged = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.AAAA`;
    assert.equal(await codeOf(forged), status.UNAUTHENTICATED, JSON.stringify(header).slice(0, 60));
  }
  assert.equal(fetched, 0, 'nothing was fetched for any of them');
  const stranger = makeKey('first', 'EdDSA');
  const own = await sign(
    stranger,
    {},
    { jwk: stranger.jwk, jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/' },
  );
  assert.equal(await codeOf(own), status.UNAUTHENTICATED);
  assert.equal(fetched, 1, 'only the configured endpoint was asked');
});

test('a cached proof ends with the token', async () => {
  const token = await sign(first);
  await tokens.verify(token);
  now += 301_000;
  assert.equal(await codeOf(token), status.UNAUTHENTICATED);
});
