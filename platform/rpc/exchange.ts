import type { DescMethod, Message } from '@bufbuild/protobuf';
import type { Metadata } from '@grpc/grpc-js';
import type { Context } from '#platform/context/context.ts';
import type { RpcError } from '#platform/errors/rpc-error.ts';
import type { Call } from './bind.ts';

/** One call while it is being served: what came, what is known by now, and the way out. */
export type Exchange = {
  readonly method: DescMethod;
  readonly metadata: Metadata;
  /** The workload that the call came from, by its certificate; undefined when it showed none. */
  readonly workload: string | undefined;
  readonly requestBytes: Uint8Array;
  readonly context: Context;
  readonly call: Call;
  /** The request, once it has been decoded and found valid. */
  request?: Message;
  /** What goes beside the answer or the refusal. */
  readonly answerMetadata: Metadata;
  /** What goes after it, beside the status. */
  readonly answerTrailers: Metadata;
  /** How many bytes have been answered so far. */
  responseBytes: number;
  /** Takes one encoded answer. When it returns a promise, the next answer has to wait for it. */
  send(bytes: Buffer): Promise<void> | undefined;
  /** Rejects with the reason as soon as the call is over for its caller; never resolves. */
  readonly stopped: Promise<never>;
  /** Ends the call for its caller and aborts what is still being done for it. Has no effect after the first time. */
  stop(reason: RpcError): void;
};

/** What is done with an exchange. Rejects with what the call is to be refused for. */
export type Step = (exchange: Exchange) => Promise<void>;

/** Wraps a step, once a method, when the server is made. */
export type Interceptor = (method: DescMethod, next: Step) => Step;

/** The interceptors around a step, the first one outermost. */
export function compose(method: DescMethod, interceptors: readonly Interceptor[], innermost: Step): Step {
  return interceptors.reduceRight((next, interceptor) => interceptor(method, next), innermost);
}
