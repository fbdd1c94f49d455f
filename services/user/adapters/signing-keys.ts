import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { type Kysely, sql } from 'kysely';
import type { Database } from '#platform/db/database.ts';
import { overloaded } from '#platform/errors/refusal.ts';
import type { Clock, Ids } from '#platform/runtime.ts';
import type { AccessTokenIssuer } from '../ports.ts';
import type { createSeal } from './seal.ts';
import type { UserTables } from './tables.ts';

/** How old the active key that a replica signs with may be. Milliseconds. */
const RELOAD_MS = 5_000;
/**
 * How long a key is published before it signs: longer than the edge and the services keep the keys that they fetched,
 * which is a minute.
 */
const PUBLISHED_MS = 90_000;

/** What signing keys need. */
export type SigningKeyDeps = {
  readonly database: Database<UserTables>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly seal: ReturnType<typeof createSeal>;
  readonly issuer: string;
  readonly audience: string;
  readonly accessTokenSeconds: number;
};

/** The keys that sign access tokens. */
export type SigningKeys = AccessTokenIssuer & {
  /** Makes the first keys, where there are none. */
  ensure(): Promise<void>;
  /**
   * The next key becomes the active one, and a new next one is made. Answers the active key's id. Throws OVERLOADED
   * while the next one is so new that tokens signed with it would be refused by those who don't know it yet.
   */
  rotate(): Promise<string>;
  /** The public keys, as a JWKS: the next, the active, and those whose tokens still live. */
  jwks(): Promise<{ keys: JWK[] }>;
};

/**
 * Ed25519 keys in the database, for all replicas. The next key is published before it signs, so that whoever caches
 * the JWKS knows it by the time that tokens carry it; a retired one stays published until its last token is dead.
 */
export function createSigningKeys(deps: SigningKeyDeps): SigningKeys {
  const { database, clock, seal, accessTokenSeconds } = deps;
  const db = database.db;
  let active: { keyId: string; key: Awaited<ReturnType<typeof importJWK>>; loadTime: number } | undefined;

  const loadActive = async () => {
    if (active === undefined || clock.now().getTime() - active.loadTime > RELOAD_MS) {
      const row = await db
        .selectFrom('signing_key')
        .selectAll()
        .where('state', '=', 'ACTIVE')
        .executeTakeFirstOrThrow();
      const key =
        active?.keyId === row.key_id
          ? active.key
          : await importJWK(JSON.parse(seal.open(row.sealed_jwk)), 'EdDSA');
      active = { keyId: row.key_id, key, loadTime: clock.now().getTime() };
    }
    return active;
  };

  return {
    async issue({ userId, sessionId, roles }) {
      const { keyId, key } = await loadActive();
      const now = Math.floor(clock.now().getTime() / 1000);
      const token = await new SignJWT({ sid: sessionId, roles: [...roles] })
        .setProtectedHeader({ alg: 'EdDSA', kid: keyId, typ: 'at+jwt' })
        .setSubject(userId)
        .setIssuer(deps.issuer)
        .setAudience(deps.audience)
        .setIssuedAt(now)
        .setExpirationTime(now + accessTokenSeconds)
        .sign(key);
      return { token, expireTime: new Date((now + accessTokenSeconds) * 1000) };
    },

    ensure: () =>
      database.transaction(async (tx) => {
        const own = tx.db;
        await serialise(own);
        const { count } = await own
          .selectFrom('signing_key')
          .select(({ fn }) => fn.countAll<bigint>().as('count'))
          .executeTakeFirstOrThrow();
        if (count === 0n) {
          await insertKey(own, deps, 'ACTIVE');
          await insertKey(own, deps, 'NEXT');
        }
      }),

    rotate: () =>
      database.transaction(async (tx) => {
        const own = tx.db;
        await serialise(own);
        const now = clock.now();
        const next = await own
          .selectFrom('signing_key')
          .select('create_time')
          .where('state', '=', 'NEXT')
          .executeTakeFirstOrThrow();
        const early = next.create_time.getTime() + PUBLISHED_MS - now.getTime();
        if (early > 0) {
          throw overloaded('The next key was published only now; rotate again later.', early);
        }
        await own
          .updateTable('signing_key')
          .set({ state: 'RETIRED', retire_time: now })
          .where('state', '=', 'ACTIVE')
          .execute();
        const { key_id } = await own
          .updateTable('signing_key')
          .set({ state: 'ACTIVE' })
          .where('state', '=', 'NEXT')
          .returning('key_id')
          .executeTakeFirstOrThrow();
        await insertKey(own, deps, 'NEXT');
        active = undefined;
        return key_id;
      }),

    async jwks() {
      // A replica may sign with the retired key until it reloads.
      const dead = new Date(clock.now().getTime() - accessTokenSeconds * 1000 - 2 * RELOAD_MS);
      const rows = await db
        .selectFrom('signing_key')
        .select('public_jwk')
        .where(({ eb, or }) => or([eb('retire_time', 'is', null), eb('retire_time', '>', dead)]))
        .orderBy('create_time', 'desc')
        .execute();
      return { keys: rows.map((row) => row.public_jwk as JWK) };
    },
  };
}

function serialise(db: Kysely<UserTables>): Promise<unknown> {
  return sql`SELECT pg_advisory_xact_lock(hashtext('signing_key'))`.execute(db);
}

async function insertKey(
  db: Kysely<UserTables>,
  { clock, ids, seal }: SigningKeyDeps,
  state: 'ACTIVE' | 'NEXT',
): Promise<void> {
  const pair = await generateKeyPair('EdDSA', { extractable: true });
  const keyId = ids.uuid();
  const publicJwk = { ...(await exportJWK(pair.publicKey)), kid: keyId, alg: 'EdDSA', use: 'sig' };
  await db
    .insertInto('signing_key')
    .values({
      key_id: keyId,
      state,
      public_jwk: JSON.stringify(publicJwk),
      sealed_jwk: seal.seal(JSON.stringify(await exportJWK(pair.privateKey))),
      create_time: clock.now(),
      retire_time: null,
    })
    .execute();
}
