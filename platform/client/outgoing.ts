import { Metadata } from '@grpc/grpc-js';
import { type Context as OtelContext, propagation, type TextMapSetter } from '@opentelemetry/api';
import type { Context } from '#platform/context/context.ts';
import type { Ids } from '#platform/ports.ts';

const setter: TextMapSetter<Metadata> = { set: (metadata, key, value) => metadata.set(key, value) };

/**
 * The metadata of a call to a peer: the user's token if the current work has one, the correlation id, the trace, and what
 * the mesh is to know.
 * Which workload calls is the connection's to say.
 */
export function outgoing(ids: Ids, work: Context | undefined, trace: OtelContext): Metadata {
  const metadata = new Metadata();
  metadata.set('x-correlation-id', work?.correlationId ?? ids.uuid());
  if (work?.token !== undefined) {
    metadata.set('authorization', `Bearer ${work.token}`);
  }
  for (const [name, value] of Object.entries(work?.mesh ?? {})) {
    metadata.set(name, value);
  }
  propagation.inject(trace, metadata, setter);
  return metadata;
}
