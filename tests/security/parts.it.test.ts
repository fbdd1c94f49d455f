import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import pg from 'pg';
import { databaseUrl } from '../../local/parts/postgres/postgres.ts';
import { redisUrl } from '../../local/parts/redis.ts';
import { openSecrets } from '../../local/secrets.ts';
import { OWNERS } from '../../local/services/catalogue.ts';
import { stack } from '../journeys/testing/transports.ts';

const site = { stack, secrets: openSecrets(stack.state) };

/** What Postgres says to a connection, or "in". */
async function postgres(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  try {
    await client.connect();
    await client.query('select 1');
    return 'in';
  } catch (error) {
    return String((error as { code?: string }).code ?? error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

test('S-47 Postgres takes nobody without the right password, and no service into another’s database', async () => {
  const own = new URL(databaseUrl(site, 'cart'));
  assert.equal(await postgres(own.href), 'in');
  for (const password of ['', 'cart', 'postgres']) {
    const guessed = new URL(own);
    guessed.password = password;
    assert.notEqual(await postgres(guessed.href), 'in', password);
  }
  for (const other of ['order', 'payment', 'user', 'postgres']) {
    const foreign = new URL(own);
    foreign.pathname = `/${other}`;
    assert.equal(await postgres(foreign.href), '42501', `cart in ${other}`);
  }
});

test('S-47 Redis takes nobody without a password, and no service at another’s keys or at what rules Redis', async () => {
  const bare = redisAt(`redis://127.0.0.1:${stack.ports.redis}`);
  await assert.rejects(bare.get('user:x'), /NOAUTH/);
  bare.disconnect();
  const cart = redisAt(redisUrl(site, 'cart'));
  await cart.set('cart:security-test', '1', 'EX', 5);
  for (const forbidden of [
    () => cart.get('user:anything'),
    () => cart.set('order:anything', '1'),
    () => cart.flushall(),
    () => cart.config('GET', '*'),
    () => cart.keys('*'),
    () => cart.acl('LIST'),
  ]) {
    await assert.rejects(forbidden(), /NOPERM/);
  }
  cart.disconnect();
});

test('S-47 S-31 ClickHouse takes nobody unnamed, and who answers dashboards reads tables and nothing else', async () => {
  const ask = async (query: string, user = '', password = '') => {
    const answer = await fetch(`http://127.0.0.1:${stack.ports.clickhouseHttp}/`, {
      method: 'POST',
      headers: user === '' ? {} : { 'x-clickhouse-user': user, 'x-clickhouse-key': password },
      body: query,
      signal: AbortSignal.timeout(10_000),
    });
    return (await answer.text()).trim();
  };
  const reader = (query: string) => ask(query, 'reader', site.secrets('clickhouse/reader'));
  assert.equal(await reader('SELECT 1'), '1');
  assert.match(await ask('SELECT 1', 'reader', 'guessed'), /AUTHENTICATION_FAILED/);
  // Whom nobody named may ask whether it is up; of tables there is none to be seen.
  assert.equal(await ask("SELECT count() FROM system.tables WHERE database != 'system'"), '0');
  for (const forbidden of [
    "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM remote('127.0.0.1', system.one)",
    "INSERT INTO FUNCTION file('x.csv', 'CSV', 'a String') VALUES ('a')",
    'CREATE TABLE mine (a String) ENGINE = Memory',
    'DROP DATABASE analytics',
    'SET readonly = 0',
  ]) {
    assert.match(await reader(forbidden), /ACCESS_DENIED|READONLY/, forbidden);
  }
});

test('S-46 S-47 every part listens on loopback only', async () => {
  const ports = new Set(Object.values(stack.ports));
  const lines = [
    ...(await readFile('/proc/net/tcp', 'utf8')).split('\n'),
    ...(await readFile('/proc/net/tcp6', 'utf8')).split('\n'),
  ];
  const LISTEN = '0A';
  const open = lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTEN)
    .map(([, local = '']) => local.split(':') as [string, string])
    .filter(([address, port]) => ports.has(Number.parseInt(port, 16)) && !isLoopback(address))
    .map(([address, port]) => `${address}:${Number.parseInt(port, 16)}`);
  assert.ok(OWNERS.length > 0);
  assert.deepEqual(open, []);
});

/** As the kernel writes addresses: words in the machine's byte order; IPv4's may stand in IPv6's form. */
function isLoopback(address: string): boolean {
  return ['0100007F', '00000000000000000000000001000000', '0000000000000000FFFF00000100007F'].includes(
    address,
  );
}

function redisAt(url: string): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, enableReadyCheck: false });
  // What is refused is told to each command as well.
  redis.on('error', () => undefined);
  return redis;
}
