import type { Any } from '@bufbuild/protobuf/wkt';
import type { status } from '@grpc/grpc-js';

/** One rule that one field of a request broke. `field` is a path such as `lines[0].quantity`. */
export type FieldViolation = { readonly field: string; readonly description: string };

/** What a refusal says beside its code; all of it reaches the client. */
export type RefusalDetails = {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly fields?: readonly FieldViolation[];
  readonly retryAfterMs?: number;
};

/** A call's refusal, with everything that its caller may know. Made by `refusal`, or read from a peer's answer. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: status;
  /** UPPER_SNAKE, from the domain's enum of reasons, without its prefix. Empty when a peer sent none. */
  readonly reason: string;
  /** Whose reason it is, such as `shopverse.order`. */
  readonly domain: string;
  readonly details: RefusalDetails;
  /** The peer that answered so, when the refusal isn't this process's own. */
  readonly peer: string | undefined;
  /** The details as a peer packed them, with those that this build doesn't know; undefined when no peer sent any. */
  readonly packed: readonly Any[] | undefined;

  constructor(refused: {
    code: status;
    reason: string;
    domain: string;
    message: string;
    details?: RefusalDetails;
    peer?: string;
    packed?: readonly Any[];
    cause?: unknown;
  }) {
    super(refused.message, refused.cause === undefined ? undefined : { cause: refused.cause });
    this.code = refused.code;
    this.reason = refused.reason;
    this.domain = refused.domain;
    this.details = refused.details ?? {};
    this.peer = refused.peer;
    this.packed = refused.packed;
  }
}
