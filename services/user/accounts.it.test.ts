import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hash } from '@node-rs/argon2';
import { runWorker } from '#platform/testing/run-worker.ts';
import { waitFor } from '#platform/testing/wait-for.ts';
import { mailDrop } from './adapters/mail-drop.ts';
import { FREE_FAILURES } from './domain/throttle.ts';
import { reasonOf, startAccounts } from './testing/accounts.ts';
import { answerResetRequests } from './usecases/change-account.ts';

let stage: Awaited<ReturnType<typeof startAccounts>>;
before(async () => {
  stage = await startAccounts();
});
after(() => stage?.close());

const register = (email: string, requestId = randomUUID() as string) =>
  stage.users.register({ requestId, email, displayName: 'Grace', password: 'correct horse battery' });
const storedHash = async (userId: string) =>
  (
    await stage.db
      .selectFrom('account')
      .select('password_hash')
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow()
  ).password_hash;

test('S-55 register and reset answer alike whether or not there is an account, and write as much', async () => {
  const { email } = await stage.newUser();
  const unknown = `nobody-${randomUUID()}@example.org`;
  const [known, fresh] = await Promise.all([register(email), register(unknown)]);
  assert.deepEqual(known, fresh);
  const statements = async (work: () => Promise<unknown>) => {
    const before = await requests();
    await work();
    return (await requests()) - before;
  };
  const requests = async () =>
    Number((await stage.db.selectFrom('reset_request').selectAll().execute()).length);
  for (const address of [email, `nobody-${randomUUID()}@example.org`]) {
    assert.equal(await statements(() => stage.users.requestPasswordReset({ email: address })), 1, address);
  }
});

test('S-55 a wrong password, an unknown address and a banned account are one refusal', async () => {
  const { email, userId, password } = await stage.newUser();
  const banned = await stage.newUser();
  const admin = await stage.as(randomUUID(), randomUUID(), ['admin']);
  await admin.banUser({ userId: banned.userId, reason: 'a test' });
  const refusals = await Promise.all(
    [
      { email, password: 'wrong wrong wrong' },
      { email: `nobody-${userId}@example.org`, password },
      { email: banned.email, password: banned.password },
    ].map((attempt) =>
      stage.users.logIn({ ...attempt, deviceName: '' }).then(
        () => assert.fail('must be refused'),
        ({ code, reason, message, details }) => ({ code, reason, message, details }),
      ),
    ),
  );
  assert.equal(refusals[0]?.reason, 'CREDENTIALS_INVALID');
  assert.deepEqual(refusals[1], refusals[0]);
  assert.deepEqual(refusals[2], refusals[0]);
});

test('S-57 failures make an address wait, known or not, and a wait ends', async () => {
  const { email, password } = await stage.newUser();
  for (const address of [email, `nobody-${randomUUID()}@example.org`]) {
    const attempt = () => reasonOf(stage.users.logIn({ email: address, password: 'no', deviceName: '' }));
    for (let tries = 0; tries < FREE_FAILURES; tries += 1) {
      assert.equal(await attempt(), 'CREDENTIALS_INVALID');
    }
    assert.equal(await attempt(), 'TOO_MANY_ATTEMPTS');
  }
  stage.pass(60_000);
  assert.equal(await reasonOf(stage.users.logIn({ email, password, deviceName: '' })), 'OK');
});

test('S-67 passwords are argon2id of today’s strength with salts of their own, and old ones are hashed anew', async () => {
  const [one, two] = await Promise.all([stage.newUser(), stage.newUser()]);
  const [first, second] = await Promise.all([storedHash(one.userId), storedHash(two.userId)]);
  for (const stored of [first, second]) {
    const [, memory, passes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$/.exec(stored) ?? [];
    assert.ok(Number(memory) >= 19_456 && Number(passes) >= 2, stored);
  }
  assert.notEqual(first.split('$')[4], second.split('$')[4]);
  const weak = await hash(one.password, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
  await stage.db
    .updateTable('account')
    .set({ password_hash: weak })
    .where('user_id', '=', one.userId)
    .execute();
  await stage.users.logIn({ email: one.email, password: one.password, deviceName: '' });
  assert.match(await storedHash(one.userId), /m=19456,t=2/);
});

test('S-62 a reset link works once, for one of many at once, and a weak password doesn’t use it up', async () => {
  const { email, tokens } = await stage.newUser();
  await stage.users.requestPasswordReset({ email: email.toUpperCase() });
  await stage.users.requestPasswordReset({ email });
  await answerResetRequests(stage.deps);
  const [, old = '', token = ''] = await stage.links(email);
  const reset = (link: string, newPassword = 'another good one') =>
    reasonOf(stage.users.resetPassword({ token: link, newPassword }));
  assert.equal(await reset(old), 'LINK_INVALID', 'a newer link ends the older one');
  assert.equal(await reset(token, 'password123'), 'PASSWORD_WEAK');
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => reset(token)));
  assert.deepEqual(outcomes.sort(), [...Array(9).fill('LINK_INVALID'), 'OK'].sort());
  assert.equal(
    await reasonOf(stage.users.refreshTokens({ refreshToken: tokens.refreshToken })),
    'REFRESH_TOKEN_INVALID',
    'all sessions ended',
  );
  assert.ok(Buffer.from(token, 'base64url').length >= 16, '128 bits at least');
});

test('a link lives for its time, and works for its purpose only', async () => {
  const email = `late-${randomUUID()}@example.org`;
  await register(email);
  const [verify = ''] = await stage.links(email);
  assert.equal(
    await reasonOf(stage.users.resetPassword({ token: verify, newPassword: 'another good one' })),
    'LINK_INVALID',
  );
  assert.equal(await reasonOf(stage.users.verifyEmail({ token: verify })), 'OK');
  assert.equal(await reasonOf(stage.users.verifyEmail({ token: verify })), 'LINK_INVALID');
  await stage.users.requestPasswordReset({ email });
  await answerResetRequests(stage.deps);
  const [, reset = ''] = await stage.links(email);
  stage.pass(3_600_001);
  assert.equal(
    await reasonOf(stage.users.resetPassword({ token: reset, newPassword: 'another good one' })),
    'LINK_INVALID',
  );
});

test('I-11 a repeated registration writes one account and one mail', async () => {
  const email = `twice-${randomUUID()}@example.org`;
  const requestId = randomUUID();
  await Promise.all(Array.from({ length: 5 }, () => register(email, requestId)));
  assert.equal((await stage.links(email)).length, 1);
  await register(email);
  const mails = await stage.db.selectFrom('mail').select('subject').where('recipient', '=', email).execute();
  assert.deepEqual(mails.map(({ subject }) => subject).sort(), [
    'Verify your address',
    'You have an account already',
  ]);
});

test('S-30 text that no database can hold is the caller’s fault', async () => {
  const call = stage.users.logIn({ email: 'a\0b@example.org', password: 'x', deviceName: '' });
  assert.equal(await reasonOf(call), 'INVALID_REQUEST');
});

test('S-15 a customer manages nobody', async () => {
  const { userId, tokens } = await stage.newUser();
  const me = await stage.as(userId, tokens.sessionId);
  for (const call of [
    me.listUsers({}),
    me.getUser({ userId }),
    me.setUserRoles({ userId, roles: [1] }),
    me.banUser({ userId, reason: 'x' }),
    me.rotateSigningKey({}),
  ]) {
    assert.equal(await reasonOf(call), 'PERMISSION_DENIED');
  }
});

test('mails are handed over whole, once, and can’t grow a header', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mail-'));
  const email = `posted-${randomUUID()}@example.org`;
  await register(email);
  await stage.users.requestPasswordReset({ email });
  const worker = runWorker(mailDrop(stage.database, folder, () => answerResetRequests(stage.deps)));
  try {
    const find = async () => {
      const names = await readdir(join(folder, 'new')).catch(() => []);
      const all = await Promise.all(names.map((name) => readFile(join(folder, 'new', name), 'utf8')));
      const mine = all.filter((mail) => mail.includes(`To: ${email}\r\n`));
      return mine.length >= 2 && mine;
    };
    const mails = await waitFor('the mails', find);
    assert.deepEqual(mails.map((mail) => /Subject: (.*)\r/.exec(mail)?.[1]).sort(), [
      'Set another password',
      'Verify your address',
    ]);
    assert.equal(await reasonOf(stage.users.verifyEmail({ token: 'x'.repeat(43) })), 'LINK_INVALID');
  } finally {
    await worker.stop();
    await rm(folder, { recursive: true });
  }
});
