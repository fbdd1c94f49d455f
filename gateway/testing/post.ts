import { once } from 'node:events';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { createConnection } from 'node:net';
import { create, type DescMethod, toBinary } from '@bufbuild/protobuf';
import { pathOf } from './upstream.ts';

/** A gRPC call of an empty message, over a connection of its own from an address of this machine. */
export async function post(
  url: string,
  method: DescMethod,
  localAddress: string,
  own: Readonly<Record<string, string>> = {},
): Promise<{ code: number; headers: IncomingHttpHeaders; milliseconds: number }> {
  const { hostname, port } = new URL(url);
  const session = connect(url, {
    createConnection: () => createConnection({ host: hostname, port: Number(port), localAddress }),
  });
  await once(session, 'connect');
  const message = toBinary(method.input, create(method.input));
  const started = performance.now();
  const stream = session.request({
    ':method': 'POST',
    ':path': pathOf(method),
    'content-type': 'application/grpc',
    te: 'trailers',
    ...own,
  });
  stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
  const [headers] = await once(stream, 'response');
  let trailers: IncomingHttpHeaders = headers;
  stream.on('trailers', (late) => {
    trailers = late;
  });
  stream.resume();
  await once(stream, 'close');
  session.close();
  const milliseconds = performance.now() - started;
  return { code: Number(trailers['grpc-status']), headers: headers as IncomingHttpHeaders, milliseconds };
}
