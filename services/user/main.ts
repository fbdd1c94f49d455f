import { createRuntime } from '#platform/runtime.ts';
import { runService } from '#platform/service/run-service.ts';
import { endedSessions } from './adapters/ended-sessions.ts';
import { createFailureLog } from './adapters/failure-log.ts';
import { mailDrop } from './adapters/mail-drop.ts';
import { createPasswords } from './adapters/passwords.ts';
import { createRedisFailureLog } from './adapters/redis-failure-log.ts';
import { createRefreshTokens } from './adapters/refresh-tokens.ts';
import { createSeal } from './adapters/seal.ts';
import { createSigningKeys } from './adapters/signing-keys.ts';
import type { UserTables } from './adapters/tables.ts';
import { readUserConfig } from './config.ts';
import { migrations } from './migrations/all.ts';
import { createRpc } from './rpc.ts';
import { answerResetRequests } from './usecases/change-account.ts';
import { ensureAdministrator } from './usecases/register.ts';

const DAY_MS = 86_400_000;
/** A token may have been signed while its session was being ended, and clocks differ. */
const BEYOND_TOKENS_MS = 60_000;

const config = readUserConfig();
const runtime = await createRuntime();
const database = await runtime.database<UserTables>(migrations);
const { clock, ids } = runtime;
const signingKeys = createSigningKeys({
  database,
  clock,
  ids,
  seal: createSeal(config.USER_SECRET),
  issuer: config.JWT_ISSUER,
  audience: config.JWT_AUDIENCE,
  accessTokenSeconds: config.ACCESS_TOKEN_SECONDS,
});
const failures = createRedisFailureLog({
  url: config.REDIS_URL,
  clock,
  fallback: createFailureLog(database.db, clock),
});
const deps = {
  database,
  clock,
  ids,
  signingKeys,
  accessTokens: signingKeys,
  passwords: createPasswords(),
  refreshTokens: createRefreshTokens(config.USER_SECRET),
  failures,
  sessionLifeMs: config.SESSION_DAYS * DAY_MS,
  storeUrl: config.STORE_URL,
};

await signingKeys.ensure();
if (config.ADMIN_EMAIL !== undefined && config.ADMIN_PASSWORD !== undefined) {
  await ensureAdministrator(deps, { email: config.ADMIN_EMAIL, password: config.ADMIN_PASSWORD });
}

await runService(runtime, {
  rpc: [createRpc(deps)],
  database,
  close: async () => failures.close(),
  workers: [mailDrop(database, config.MAIL_DIR, () => answerResetRequests(deps))],
  routes: {
    'GET /.well-known/jwks.json': async () => ({
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=30' },
      body: JSON.stringify(await signingKeys.jwks()),
    }),
    'GET /.well-known/ended-sessions': endedSessions(database.db, {
      clock,
      lifetimeMs: config.ACCESS_TOKEN_SECONDS * 1000 + BEYOND_TOKENS_MS,
    }),
  },
});
