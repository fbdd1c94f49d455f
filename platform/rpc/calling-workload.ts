import type { ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { workloadIn } from '#platform/auth/workload-certificate.ts';

type WireCall = ServerUnaryCall<Buffer, Buffer> | ServerWritableStream<Buffer, Buffer>;

/** Where grpc-js keeps a call's HTTP/2 session; none of its interface leads there. */
type Innards = { readonly call?: { readonly stream?: { readonly session?: object } } };

const found = new WeakMap<object, string | undefined>();

/**
 * The workload at the other end of a call's connection, as its verified certificate says; undefined for none. Reading
 * the certificate takes some 60 us, so it is done once a connection; without a session to remember it by, every time.
 */
export function callingWorkload(wire: WireCall): string | undefined {
  const session = (wire as unknown as Innards).call?.stream?.session;
  if (session === undefined) {
    return read(wire);
  }
  if (!found.has(session)) {
    found.set(session, read(wire));
  }
  return found.get(session);
}

function read(wire: WireCall): string | undefined {
  return workloadIn(wire.getAuthContext().sslPeerCertificate?.subjectaltname);
}
