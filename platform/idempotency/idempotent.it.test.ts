import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { type Generated, sql } from 'kysely';
import { pino } from 'pino';
import {
  DeadLetterService,
  type DiscardDeadLettersRequest,
  DiscardDeadLettersRequestSchema,
  DiscardDeadLettersResponseSchema,
} from '#gen/shopverse/platform/v1/dead_letter_service_pb.ts';
import { AmbiguousCommit } from '#platform/db/ambiguous-commit.ts';
import { connectDatabase } from '#platform/db/connect.ts';
import type { Database, MigrationSet } from '#platform/db/database.ts';
import { RpcError } from '#platform/errors/rpc-error.ts';
import { type TestDatabase, testDatabase } from '#platform/testing/test-database.ts';
import { forgetOldAnswers } from './cleaner.ts';
import { idempotent } from './idempotent.ts';

type Tables = { effect: { id: Generated<bigint>; request: string } };

const migrations: MigrationSet = {
  '0001_effect': {
    async up(db) {
      await sql`create table effect (id bigserial primary key, request text not null)`.execute(db);
    },
  },
};

const method = DeadLetterService.method.discardDeadLetters;
const alice = { caller: { userId: 'alice', roles: [] }, method };
const bob = { caller: { userId: 'bob', roles: [] }, method };

let database: TestDatabase<Tables>;
before(async () => {
  database = await testDatabase<Tables>(migrations);
});
after(() => database.drop());

/** A request of some method; the kernel asks no more of it than its bytes and its id. */
function request(requestId: string, reason = 'because'): DiscardDeadLettersRequest & { requestId: string } {
  return Object.assign(create(DiscardDeadLettersRequestSchema, { ids: ['1'], reason }), { requestId });
}

const run = (
  call: typeof alice,
  sent: ReturnType<typeof request>,
  through: Database<Tables> = database,
  wait = 0,
) =>
  idempotent(through, call, sent, DiscardDeadLettersResponseSchema, async (tx) => {
    await sleep(wait);
    const row = await tx.db
      .insertInto('effect')
      .values({ request: sent.requestId })
      .returning('id')
      .executeTakeFirstOrThrow();
    return { discardedIds: [row.id.toString()] };
  });

const effects = async (requestId: string) =>
  (await database.db.selectFrom('effect').select('id').where('request', '=', requestId).execute()).length;

test('parallel repeats have one effect and one answer (I-11)', async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => run(alice, request('parallel'), database, 50)),
  );
  assert.equal(new Set(answers.map((answer) => answer.discardedIds.join())).size, 1);
  assert.equal(await effects('parallel'), 1);
});

test('the same id with another request is refused without effect (I-11)', async () => {
  await run(alice, request('reused'));
  await assert.rejects(
    run(alice, request('reused', 'another reason')),
    (error) => error instanceof RpcError && error.reason === 'IDEMPOTENCY_KEY_REUSED',
  );
  assert.equal(await effects('reused'), 1);
});

test('two callers may use the same id', async () => {
  await run(alice, request('shared'));
  await run(bob, request('shared'));
  assert.equal(await effects('shared'), 2);
});

test('a command that failed leaves its id free', async () => {
  const failing = idempotent(
    database,
    alice,
    request('failed'),
    DiscardDeadLettersResponseSchema,
    async () => {
      throw new Error('no');
    },
  );
  await assert.rejects(failing, /no/);
  await run(alice, request('failed'));
  assert.equal(await effects('failed'), 1);
});

test('a commit whose answer was lost is settled by a repeat (F-11)', async () => {
  // Passes everything on, but cuts the connection where the server has answered a COMMIT.
  const target = new URL(database.url);
  let cuts = 1;
  const proxy = net.createServer((client) => {
    const server = net.connect(Number(target.port), target.hostname);
    let committing = false;
    client.on('data', (chunk) => {
      committing = chunk.includes('commit') && cuts > 0;
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (committing) {
        cuts--;
        client.destroy();
        server.destroy();
      } else {
        client.write(chunk);
      }
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const through = new URL(database.url);
  through.port = String((proxy.address() as net.AddressInfo).port);
  // Migrates without commits of its own, as everything is applied.
  const cut = await connectDatabase<Tables>({
    url: through.href,
    service: 'test',
    migrations,
    clock: { now: () => new Date() },
    ids: { uuid: () => crypto.randomUUID() },
    log: pino({ level: 'silent' }),
    poolSize: 2,
  });
  try {
    await assert.rejects(run(alice, request('ambiguous'), cut), AmbiguousCommit);
    const answer = await run(alice, request('ambiguous'), cut);
    assert.equal(answer.discardedIds.length, 1);
    assert.equal(await effects('ambiguous'), 1);
  } finally {
    await cut.close();
    await new Promise((resolve) => proxy.close(resolve));
  }
});

test('answers are forgotten after 48 hours, not before', async () => {
  await run(alice, request('old'));
  await run(alice, request('young'));
  await database.admin(
    `update idempotency set created_at = now() - interval '49 hours' where request_id = 'old'`,
  );
  await database.admin(
    `update idempotency set created_at = now() - interval '47 hours' where request_id = 'young'`,
  );
  assert.equal(await forgetOldAnswers(database), 1);
  const { rows } = await database.admin(
    `select request_id from idempotency where request_id in ('old', 'young')`,
  );
  assert.deepEqual(rows, [{ request_id: 'young' }]);
});
