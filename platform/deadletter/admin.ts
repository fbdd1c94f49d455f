import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Kysely } from 'kysely';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/common/v1/error_reason_pb.ts';
import {
  DeadLetter_State,
  DeadLetterService,
  type ListDeadLettersRequest,
} from '#gen/shopverse/platform/v1/dead_letter_service_pb.ts';
import type { Consumer } from '#platform/consumer/consumer.ts';
import type { Database, DeadLetterState, KernelTables } from '#platform/db/database.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { refusal } from '#platform/errors/refusal.ts';
import { headerName } from '#platform/events/headers.ts';
import { restoreHeaders, textHeader } from '#platform/outbox/stored-headers.ts';
import { bind, type Call, type RpcBinding } from '#platform/rpc/bind.ts';
import { discardDeadLetters } from './discard.ts';
import type { DeadLetter } from './letters.ts';
import { takeDeadLetter } from './redrive.ts';

const stateNumbers = {
  RETRYING: DeadLetter_State.RETRYING,
  DEAD: DeadLetter_State.DEAD,
  QUEUED: DeadLetter_State.QUEUED,
  REDRIVEN: DeadLetter_State.REDRIVEN,
  DISCARDED: DeadLetter_State.DISCARDED,
} as const satisfies Record<DeadLetterState, DeadLetter_State>;

/** The RPCs by which people look at a service's dead letters and decide about them. Every decision is audited. */
export function deadLetterAdmin<T>(database: Database<T>, consumers: readonly Consumer[]): RpcBinding {
  const db = kernelTables(database.db);
  return bind(DeadLetterService, {
    listDeadLetters: (request) => list(db, request),
    async getDeadLetter({ id }) {
      const letter = await db
        .selectFrom('dead_letter')
        .selectAll()
        .where('id', '=', BigInt(id))
        .executeTakeFirst();
      if (letter === undefined) {
        throw refusal(ErrorReasonSchema, ErrorReason.NOT_FOUND, 'There is no such dead letter.');
      }
      const headers = restoreHeaders(letter.headers).map(([name, value]) =>
        value === null ? { name } : { name, value },
      );
      return {
        deadLetter: toMessage(letter),
        headers,
        ...(letter.payload === null ? {} : { value: letter.payload }),
      };
    },
    async redriveDeadLetters(request, call) {
      const redrivenIds: string[] = [];
      const failedIds: string[] = [];
      for (const { id, consumer } of await find(db, request.ids)) {
        const owner = consumers.find((one) => one.name === consumer);
        if (owner === undefined) {
          continue;
        }
        await audit(db, id, 'REDRIVE', call, request.reason);
        const attempt = await takeDeadLetter(owner, id, call.log);
        if (attempt !== 'passed') {
          (attempt === 'taken' ? redrivenIds : failedIds).push(id.toString());
        }
      }
      return { redrivenIds, failedIds };
    },
    async discardDeadLetters(request, call) {
      const discarded = await database.transaction((tx) =>
        discardDeadLetters(kernelTables(tx.db), request.ids.map(BigInt), actorOf(call), request.reason),
      );
      return { discardedIds: discarded.map(String) };
    },
  });
}

async function list(db: Kysely<KernelTables>, request: ListDeadLettersRequest) {
  const size = request.pageSize === 0 ? 50 : request.pageSize;
  const state = Object.entries(stateNumbers).find(([, number]) => number === request.state)?.[0];
  const states = state === undefined ? (['RETRYING', 'DEAD', 'QUEUED'] as const) : [state as DeadLetterState];
  const letters = await db
    .selectFrom('dead_letter')
    .selectAll()
    .where('id', '>', readPageToken(request.pageToken))
    .where('state', 'in', states)
    .$if(request.consumer !== '', (query) => query.where('consumer', '=', request.consumer))
    .orderBy('id')
    .limit(size + 1)
    .execute();
  const page = letters.slice(0, size);
  const last = page.at(-1);
  return {
    deadLetters: page.map(toMessage),
    nextPageToken: letters.length > size && last !== undefined ? last.id.toString() : '',
  };
}

function readPageToken(token: string): bigint {
  if (!/^\d{0,18}$/.test(token)) {
    throw refusal(
      ErrorReasonSchema,
      ErrorReason.PAGE_TOKEN_INVALID,
      'The page token is not one of this list.',
    );
  }
  return BigInt(token);
}

async function find(db: Kysely<KernelTables>, ids: readonly string[]) {
  return db
    .selectFrom('dead_letter')
    .select(['id', 'consumer'])
    .where('id', 'in', ids.map(BigInt))
    .orderBy('id')
    .execute();
}

async function audit(
  db: Kysely<KernelTables>,
  id: bigint,
  action: 'REDRIVE',
  call: Call,
  reason: string,
): Promise<void> {
  await db
    .insertInto('dead_letter_audit')
    .values({ dead_letter_id: id, action, actor: actorOf(call), reason })
    .execute();
}

function actorOf(call: Call): string {
  return call.caller.userId ?? call.caller.service ?? 'nobody';
}

function toMessage(letter: DeadLetter) {
  return {
    id: letter.id.toString(),
    consumer: letter.consumer,
    topic: letter.topic,
    partition: letter.partition,
    offset: letter.offset,
    key: letter.key ?? new Uint8Array(),
    eventId: letter.event_id ?? '',
    eventType: textHeader(restoreHeaders(letter.headers), headerName.type) ?? '',
    error: letter.error,
    attempts: letter.attempts,
    state: stateNumbers[letter.state],
    createTime: timestampFromDate(letter.create_time),
    ...(letter.next_attempt_time === null
      ? {}
      : { nextAttemptTime: timestampFromDate(letter.next_attempt_time) }),
  };
}
