import { randomBytes, randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { UserService } from '#gen/shopverse/user/v1/user_service_pb.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { testDatabase } from '#platform/testing/test-database.ts';
import { testMesh } from '#platform/testing/test-mesh.ts';
import { createFailureLog } from '../adapters/failure-log.ts';
import { createPasswords } from '../adapters/passwords.ts';
import { createRefreshTokens } from '../adapters/refresh-tokens.ts';
import { createSeal } from '../adapters/seal.ts';
import { createSigningKeys } from '../adapters/signing-keys.ts';
import type { UserTables } from '../adapters/tables.ts';
import { migrations } from '../migrations/all.ts';
import { createRpc } from '../rpc.ts';

/**
 * The user service on a database of its own, with a clock that can be set forward. Mails are read where they are
 * written down; nothing takes them away.
 */
export async function startAccounts() {
  const database = await testDatabase<UserTables>(migrations, { service: 'user', poolSize: 20 });
  const mesh = await testMesh(['user']);
  const db = database.db;
  const ids = { uuid: uuidv7 };
  const secret = randomBytes(32).toString('base64url');
  let ahead = 0;
  const clock = { now: () => new Date(Date.now() + ahead) };
  const signingKeys = createSigningKeys({
    database,
    clock,
    ids,
    seal: createSeal(secret),
    issuer: 'https://id.shopverse.local',
    audience: 'shopverse',
    accessTokenSeconds: 300,
  });
  await signingKeys.ensure();
  const deps = {
    database,
    clock,
    ids,
    signingKeys,
    accessTokens: signingKeys,
    passwords: createPasswords(),
    refreshTokens: createRefreshTokens(secret),
    failures: createFailureLog(db, clock),
    sessionLifeMs: 30 * 86_400_000,
    storeUrl: 'https://shop.test',
  };
  const service = await mesh.start('user', () => ({ rpc: [createRpc(deps)], database }));
  const clients: { close(): void }[] = [];
  const client = (token?: string) => {
    const made = mesh.outside(UserService, service.grpcPort, {
      timeoutMs: 60_000,
      ...(token !== undefined && { token }),
    });
    clients.push(made);
    return made;
  };
  const users = client();

  return {
    database,
    db,
    deps,
    signingKeys,
    /** A client without a token. */
    users,
    /** A client with the claims of this user and session. */
    as: async (userId: string, sessionId: string = randomUUID(), roles: readonly string[] = []) =>
      client(await mesh.token({ sub: userId, sid: sessionId, roles })),
    /** Sets the clock forward. */
    pass: (milliseconds: number) => {
      ahead += milliseconds;
    },
    /** Registers somebody and logs them in. */
    async newUser() {
      const email = `${randomBytes(6).toString('hex')}@example.org`;
      const password = `pass ${randomBytes(9).toString('base64url')}`;
      await users.register({ requestId: randomUUID(), email, displayName: 'Ada', password });
      const { tokens, user } = await users.logIn({ email, password, deviceName: 'test' });
      if (tokens === undefined || user === undefined) throw new Error('no tokens');
      return { email, password, userId: user.userId, tokens };
    },
    /** The tokens of the links in the mails to an address, oldest first. */
    async links(email: string): Promise<readonly string[]> {
      const mails = await db
        .selectFrom('mail')
        .select('body')
        .where('recipient', '=', email)
        .orderBy('create_time')
        .orderBy('mail_id')
        .execute();
      return mails.flatMap(({ body }) => /token=([\w-]+)/.exec(body)?.[1] ?? []);
    },
    /** The types of an account's facts, such as `SessionStarted`, in their order. */
    async facts(userId: string): Promise<readonly string[]> {
      const rows = await kernelTables(database.db)
        .selectFrom('outbox')
        .select('type')
        .where('aggregate_id', '=', userId)
        .orderBy('aggregate_seq')
        .execute();
      return rows.map(({ type }) => type.slice(type.lastIndexOf('.') + 1));
    },
    async close() {
      for (const each of clients) each.close();
      await mesh.close();
      await database.drop();
    },
  };
}

/** A refused call's reason, such as `CREDENTIALS_INVALID`. */
export async function reasonOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: { reason?: string }) => thrown,
  );
  return error === undefined ? 'OK' : (error.reason ?? String(error));
}
