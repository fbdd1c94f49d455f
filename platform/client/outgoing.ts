import { Metadata } from '@grpc/grpc-js';
import { type Context as OtelContext, propagation, type TextMapSetter } from '@opentelemetry/api';
import type { WorkloadTokens } from '#platform/auth/workload-token.ts';
import type { Context } from '#platform/context/context.ts';
import type { Ids } from '#platform/ports.ts';

const setter: TextMapSetter<Metadata> = { set: (metadata, key, value) => metadata.set(key, value) };

/**
 * The metadata of a call to a peer: this workload's proof, the user's token if the current work has one, the
 * correlation id and the trace.
 */
export async function outgoing(
  kernel: { readonly peer: string; readonly workloads: WorkloadTokens; readonly ids: Ids },
  work: Context | undefined,
  trace: OtelContext,
): Promise<Metadata> {
  const metadata = new Metadata();
  const proof = kernel.workloads.forPeer(kernel.peer);
  metadata.set('x-shopverse-svid', proof instanceof Promise ? await proof : proof);
  metadata.set('x-correlation-id', work?.correlationId ?? kernel.ids.uuid());
  if (work?.token !== undefined) {
    metadata.set('authorization', `Bearer ${work.token}`);
  }
  propagation.inject(trace, metadata, setter);
  return metadata;
}
