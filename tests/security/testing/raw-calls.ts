import { readFileSync } from 'node:fs';
import type { DescMethod } from '@bufbuild/protobuf';
import { type ChannelCredentials, Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { fromStatus } from '#platform/errors/status.ts';
import { presenting } from '#platform/testing/test-mesh.ts';
import { identityPaths } from '../../../local/services/identity.ts';
import { stack } from '../../journeys/testing/transports.ts';

/** Bytes that are no message of any type: who is let in is told so by the service, and nothing comes of it. */
export const NO_MESSAGE = Buffer.from([0xff]);

/** A channel that calls any method with any bytes. */
export type RawCaller = {
  /** The status code, by number, and the reason of the refusal; 0 when it was answered. */
  call(
    method: DescMethod,
    headers?: Readonly<Record<string, string>>,
    bytes?: Buffer,
  ): Promise<{ readonly code: number; readonly reason: string; readonly message: string }>;
  close(): void;
};

/** Calls through the edge, as anybody may. */
export function throughEdge(): RawCaller {
  return rawCaller(stack.ports.edge, credentials.createInsecure());
}

/** Calls a service's port past the edge, showing this workload's certificate, or none. */
export function pastEdge(port: number, workload: string | undefined): RawCaller {
  const trust = readFileSync(identityPaths(stack.state, '').trust);
  const own =
    workload === undefined ? undefined : readFileSync(identityPaths(stack.state, workload).key, 'utf8');
  return rawCaller(port, presenting(trust, own));
}

function rawCaller(port: number, how: ChannelCredentials): RawCaller {
  const channel = new Client(`127.0.0.1:${port}`, how, {
    'grpc.ssl_target_name_override': 'service-under-test',
    'grpc.use_local_subchannel_pool': 1,
  });
  const asIs = (bytes: Buffer) => bytes;
  return {
    call: (method, headers = {}, bytes = NO_MESSAGE) =>
      new Promise((resolve) => {
        const metadata = new Metadata();
        for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
        const path = `/${method.parent.typeName}/${method.name}`;
        const options = { deadline: Date.now() + 20_000 };
        const refused = (error: ServiceError) => {
          const { code, reason, message } = fromStatus(error, 'whoever was called');
          resolve({ code, reason, message });
        };
        if (method.methodKind === 'unary') {
          channel.makeUnaryRequest(path, asIs, asIs, bytes, metadata, options, (error) =>
            error === null ? resolve({ code: 0, reason: '', message: '' }) : refused(error),
          );
          return;
        }
        const stream = channel.makeServerStreamRequest(path, asIs, asIs, bytes, metadata, options);
        stream.on('error', refused);
        stream.on('data', () => {
          resolve({ code: 0, reason: '', message: '' });
          stream.cancel();
        });
        stream.on('end', () => resolve({ code: 0, reason: '', message: '' }));
      }),
    close: () => channel.close(),
  };
}
