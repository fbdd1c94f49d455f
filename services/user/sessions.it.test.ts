import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Role } from '#gen/shopverse/options/v1/options_pb.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { GRACE_MS } from './domain/session.ts';
import { reasonOf, startAccounts } from './testing/accounts.ts';

let stage: Awaited<ReturnType<typeof startAccounts>>;
before(async () => {
  stage = await startAccounts();
});
after(() => stage?.close());

const refresh = async (refreshToken: string) =>
  (await stage.users.refreshTokens({ refreshToken })).tokens?.refreshToken ?? '';

test('S-11 I-61 twenty parallel refreshes of one token make one live child', async () => {
  const { tokens, userId } = await stage.newUser();
  const children = await Promise.all(Array.from({ length: 20 }, () => refresh(tokens.refreshToken)));
  assert.equal(new Set(children).size, 1, 'all tabs get the same successor');
  const session = await stage.db
    .selectFrom('session')
    .select('generation')
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  assert.equal(session.generation, 2);
});

test('S-10 a token that comes again after its grace ends the session, audited once', async () => {
  const { tokens, userId } = await stage.newUser();
  const second = await refresh(tokens.refreshToken);
  assert.equal(await refresh(tokens.refreshToken), second, 'within the grace: the same successor');
  stage.pass(GRACE_MS + 1);
  assert.equal(await reasonOf(refresh(tokens.refreshToken)), 'REFRESH_TOKEN_INVALID');
  assert.equal(await reasonOf(refresh(second)), 'REFRESH_TOKEN_INVALID', 'the whole family is gone');
  assert.equal(await reasonOf(refresh(tokens.refreshToken)), 'REFRESH_TOKEN_INVALID');
  assert.deepEqual(await stage.facts(userId), [
    'UserRegistered',
    'SessionStarted',
    'RefreshTokenReused',
    'SessionEnded',
  ]);
});

test('S-10 the grace is for the token before only', async () => {
  const { tokens } = await stage.newUser();
  const third = await refresh(await refresh(tokens.refreshToken));
  assert.equal(await reasonOf(refresh(tokens.refreshToken)), 'REFRESH_TOKEN_INVALID');
  assert.equal(await reasonOf(refresh(third)), 'REFRESH_TOKEN_INVALID');
});

test('a token that was made up is refused, whatever it looks like', async () => {
  const { tokens } = await stage.newUser();
  const [session = '', , proof = ''] = tokens.refreshToken.split('.');
  for (const forged of [
    `${session}.2.${proof}`,
    `${randomUUID()}.1.${proof}`,
    `${'-'.repeat(36)}.1.${proof}`,
    `${'0'.repeat(36)}.1.${proof}`,
    `${session}.999999999.${proof}`,
    `${session}.1.${'A'.repeat(43)}`,
    `${session}.1.${proof}\0`,
    'x'.repeat(200),
  ]) {
    assert.equal(await reasonOf(refresh(forged)), 'REFRESH_TOKEN_INVALID', forged);
  }
  assert.equal(await reasonOf(refresh(tokens.refreshToken)), 'OK', 'and the real one has not suffered');
});

test('sessions are listed in pages and revoked one by one; another’s is not found', async () => {
  const { email, password, userId, tokens } = await stage.newUser();
  const stranger = await stage.newUser();
  for (const deviceName of ['phone', 'tablet', 'kiosk']) {
    await stage.users.logIn({ email, password, deviceName });
  }
  const me = await stage.as(userId, tokens.sessionId);
  const first = await me.listSessions({ pageSize: 3 });
  const rest = await me.listSessions({ pageSize: 3, pageToken: first.nextPageToken });
  const sessions = [...first.sessions, ...rest.sessions];
  assert.deepEqual(
    sessions.map(({ deviceName, current }) => [deviceName, current]),
    [
      ['kiosk', false],
      ['tablet', false],
      ['phone', false],
      ['test', true],
    ],
  );
  assert.equal(rest.nextPageToken, '');
  const kiosk = sessions[0]?.sessionId ?? '';
  assert.equal(await reasonOf(me.revokeSession({ sessionId: kiosk })), 'OK');
  for (const sessionId of [kiosk, stranger.tokens.sessionId, randomUUID()]) {
    assert.equal(await reasonOf(me.revokeSession({ sessionId })), 'SESSION_NOT_FOUND');
  }
  assert.equal(await reasonOf(refresh(stranger.tokens.refreshToken)), 'OK');
  assert.equal((await me.listSessions({})).sessions.length, 3);
});

test('S-12 a changed password, other roles and a ban end sessions; log-out ends its own', async () => {
  const admin = await stage.as(randomUUID(), randomUUID(), ['admin']);
  const { email, password, userId, tokens } = await stage.newUser();
  const { tokens: other } = await stage.users.logIn({ email, password, deviceName: 'other' });
  const me = await stage.as(userId, tokens.sessionId);
  const next = `${password} and more`;
  await me.changePassword({ currentPassword: password, newPassword: next });
  assert.equal(await reasonOf(refresh(other?.refreshToken ?? '')), 'REFRESH_TOKEN_INVALID');
  const kept = await refresh(tokens.refreshToken);
  await admin.setUserRoles({ userId, roles: [] });
  assert.equal(await reasonOf(refresh(kept)), 'OK', 'the same roles change nothing');
  const { user } = await admin.setUserRoles({ userId, roles: [Role.CATALOGUE] });
  assert.deepEqual(user?.roles, [Role.CATALOGUE]);
  const again = await stage.users.logIn({ email, password: next, deviceName: 'again' });
  assert.equal(await reasonOf(refresh(await refresh(kept).catch(() => kept))), 'REFRESH_TOKEN_INVALID');
  await admin.banUser({ userId, reason: 'a test' });
  assert.equal(await reasonOf(refresh(again.tokens?.refreshToken ?? '')), 'REFRESH_TOKEN_INVALID');
  assert.equal(
    await reasonOf(stage.users.logIn({ email, password: next, deviceName: 'x' })),
    'CREDENTIALS_INVALID',
  );
  const facts = await stage.facts(userId);
  const numbers = await kernelTables(stage.database.db)
    .selectFrom('outbox')
    .select('aggregate_seq')
    .where('aggregate_id', '=', userId)
    .orderBy('aggregate_seq')
    .execute();
  assert.deepEqual(
    numbers.map((row) => Number(row.aggregate_seq)),
    facts.map((_, index) => index + 1),
    'I-30',
  );
});

test('the last administrator stays one, also when two lose their role at once', async () => {
  const admin = await stage.as(randomUUID(), randomUUID(), ['admin']);
  const [one, two] = await Promise.all([stage.newUser(), stage.newUser()]);
  for (const { userId } of [one, two]) await admin.setUserRoles({ userId, roles: [Role.ADMIN] });
  const outcomes = await Promise.all(
    [one, two].map(({ userId }) => reasonOf(admin.setUserRoles({ userId, roles: [] }))),
  );
  assert.deepEqual(outcomes.sort(), ['LAST_ADMINISTRATOR', 'OK']);
});
