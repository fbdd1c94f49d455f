import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, type DescMethod, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { Claims, Edge } from './edge.ts';
import { pathOf } from './upstream.ts';

type Headers = Readonly<Record<string, string>>;

/** A grpc-js client of the edge. */
export type Caller = {
  /** Calls a unary method with these fields. */
  call(method: DescMethod, fields: Record<string, unknown>, headers: Headers): Promise<Answered>;
  /** Sends bytes to any path. */
  raw(path: string, bytes: Buffer, headers: Headers): Promise<Answered>;
  close(): void;
};
type Answered = { readonly message: Buffer; readonly headers: Metadata };

/** Connects over h2 without TLS. Calls end after five seconds at most. */
export function connect(edge: Edge): Caller {
  const client = new Client(edge.address, credentials.createInsecure());
  const raw: Caller['raw'] = (path, bytes, headers) => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    return new Promise((resolve, reject) => {
      let received = new Metadata();
      const same = (value: Buffer) => value;
      const options = { deadline: Date.now() + 5000 };
      client
        .makeUnaryRequest(path, same, same, bytes, metadata, options, (error, message) =>
          error ? reject(error) : resolve({ message: message ?? Buffer.alloc(0), headers: received }),
        )
        .on('metadata', (initial) => {
          received = initial;
        });
    });
  };
  return {
    raw,
    call: (method, fields, headers) =>
      raw(pathOf(method), Buffer.from(toBinary(method.input, create(method.input, fields))), headers),
    close: () => client.close(),
  };
}

/** The header with a token of these claims. */
export async function bearer(edge: Edge, claims: Claims = {}): Promise<Headers> {
  return { authorization: `Bearer ${await edge.token(claims)}` };
}

/** The error of a call that must fail. */
export async function refused(answer: Promise<unknown>): Promise<ServiceError> {
  const outcome = await answer.then(
    () => undefined,
    (error: ServiceError) => error,
  );
  assert.ok(outcome, 'the call should have been refused');
  return outcome;
}

/** What `look` finds, as soon as it finds something. Fails after fifteen seconds. */
export async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let n = 0; n < 150; n++) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error('it did not come in fifteen seconds');
}
