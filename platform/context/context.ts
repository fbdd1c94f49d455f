import { AsyncLocalStorage } from 'node:async_hooks';
import type { Caller } from '#platform/auth/caller.ts';
import type { MeshHeaders } from '#platform/client/mesh-headers.ts';

/**
 * What travels with a piece of work through the process without being handed on: an RPC being served, a message
 * being consumed, a worker's turn. The trace travels beside it, in OpenTelemetry's own context.
 */
export type Context = {
  /** One id for everything that one outside request set off, over all services and topics. */
  readonly correlationId: string;
  /** The id of the event that caused this work; absent when an RPC did. */
  readonly causationId?: string;
  /** Set once, by the kernel, when the caller has been verified. */
  caller: Caller;
  /** The caller's access token, to be handed on to peers. Never logged. */
  token?: string;
  /** How the mesh is to treat the calls made for this work. */
  readonly mesh?: MeshHeaders | undefined;
  readonly deadline?: Date;
  readonly signal?: AbortSignal;
};

const storage = new AsyncLocalStorage<Context>();

/** A caller of whom nothing is known: work that no request set off. */
export const nobody: Caller = Object.freeze({ roles: Object.freeze([]) });

/** The context of the work that is being done, or undefined outside of any. */
export function currentContext(): Context | undefined {
  return storage.getStore();
}

/** Runs `work`, and everything it awaits or starts, in `context`. */
export function runInContext<R>(context: Context, work: () => R): R {
  return storage.run(context, work);
}
