import { createHash } from 'node:crypto';
import {
  create,
  type DescMessage,
  fromBinary,
  type Message,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { Kysely } from 'kysely';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/common/v1/error_reason_pb.ts';
import { FRONTS } from '#platform/auth/access.ts';
import type { Database, KernelTables, Tx } from '#platform/db/database.ts';
import { kernelTables } from '#platform/db/kernel-tables.ts';
import { refusal } from '#platform/errors/refusal.ts';
import type { Call, Caller } from '#platform/rpc/bind.ts';
import { type AnswerKey, claimAnswer, findAnswer, storeAnswer } from './answers.ts';

/**
 * Runs a command once per (caller, method, request id). The key and the answer are stored in the command's own
 * transaction: a repeat gets the stored answer, a repeat that comes while the first is under way waits for it, and a
 * refused or failed command stores nothing. Throws a refusal IDEMPOTENCY_KEY_REUSED when the same id comes with
 * another request. Answers are kept for 48 hours.
 */
export async function idempotent<T, R extends DescMessage>(
  database: Database<T>,
  call: Pick<Call, 'caller' | 'method'>,
  request: Message & { readonly requestId: string },
  response: R,
  work: (tx: Tx<T>) => Promise<MessageInitShape<R>>,
): Promise<MessageShape<R>> {
  const key = {
    caller: callerKey(call.caller),
    method: `${call.method.parent.typeName}/${call.method.name}`,
    request_id: request.requestId,
  };
  const hash = createHash('sha256').update(toBinary(call.method.input, request)).digest();
  return database.transaction(async (tx) => {
    const db = kernelTables(tx.db);
    // A parallel repeat waits here until the first one's transaction ends.
    if (!(await claimAnswer(db, key, hash))) {
      return replay(db, key, hash, response);
    }
    const answer = create(response, await work(tx));
    await storeAnswer(db, key, toBinary(response, answer));
    return answer;
  });
}

async function replay<R extends DescMessage>(
  db: Kysely<KernelTables>,
  key: AnswerKey,
  hash: Buffer,
  response: R,
): Promise<MessageShape<R>> {
  const stored = await findAnswer(db, key);
  if (!hash.equals(stored.request_hash) || stored.response === null) {
    throw refusal(
      ErrorReasonSchema,
      ErrorReason.IDEMPOTENCY_KEY_REUSED,
      'This request id was used before with another request.',
    );
  }
  return fromBinary(response, stored.response);
}

/** Prefixed by kind, so that a guest can't name a user's keys. */
function callerKey(caller: Caller): string {
  if (caller.userId !== undefined) {
    return `user:${caller.userId}`;
  }
  if (caller.guestId !== undefined) {
    // The guest's id is a secret that proves the guest; it isn't stored in clear.
    return `guest:${createHash('sha256').update(caller.guestId).digest('base64url')}`;
  }
  return caller.service === undefined || FRONTS.includes(caller.service)
    ? 'anonymous'
    : `service:${caller.service}`;
}
