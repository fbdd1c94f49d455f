import { fromJson, type Message, toJson } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt';
import type { Transport } from '@connectrpc/connect';
import * as node from '@connectrpc/connect-node';
import * as web from '@connectrpc/connect-web';
import type { Attempt, Client } from './client.ts';
import { fine, fromConnectError } from './outcome.ts';

/** Connect's own libraries for browsers and for Node, in each of their protocols. */
export function libraryClients(baseUrl: string): Client[] {
  const h1 = { baseUrl, httpVersion: '1.1' } as const;
  const h2 = { baseUrl, httpVersion: '2' } as const;
  const get = { baseUrl, useHttpGet: true };
  return [
    client('connect-web, Connect JSON', web.createConnectTransport({ baseUrl }), CONNECT),
    client(
      'connect-web, Connect binary',
      web.createConnectTransport({ baseUrl, useBinaryFormat: true }),
      CONNECT,
    ),
    client(
      'connect-web, Connect GET',
      web.createConnectTransport({ ...get, useBinaryFormat: true }),
      CONNECT,
      readsOnly,
    ),
    client('connect-web, gRPC-Web', web.createGrpcWebTransport({ baseUrl }), GRPC),
    client(
      'connect-node, Connect over h1',
      node.createConnectTransport({ ...h1, useBinaryFormat: false }),
      CONNECT,
    ),
    client('connect-node, Connect over h2', node.createConnectTransport(h2), CONNECT),
    client('connect-node, gRPC over h2', node.createGrpcTransport({ baseUrl }), GRPC),
    client('connect-node, gRPC-Web over h1', node.createGrpcWebTransport(h1), GRPC),
  ];
}

const CONNECT = (ms: number) => ({ 'connect-timeout-ms': `${ms}` });
const GRPC = (ms: number) => ({ 'grpc-timeout': `${ms}m` });

function client(
  name: string,
  transport: Transport,
  deadline: (ms: number) => Readonly<Record<string, string>>,
  cannot: Client['cannot'] = () => undefined,
): Client {
  return {
    name,
    cannot,
    async call({ method, request, headers, deadlineMs }) {
      const header = { ...headers, ...(deadlineMs === undefined ? {} : deadline(deadlineMs)) };
      const input = fromJson(method.input, request);
      const states: string[] = [];
      try {
        if (method.methodKind === 'unary') {
          const { message } = await transport.unary(
            method as never,
            undefined,
            undefined,
            header,
            input as never,
          );
          states.push(stateOf(method.output, message));
        } else {
          const one = (async function* () {
            yield input;
          })();
          const answer = await transport.stream(method as never, undefined, undefined, header, one as never);
          for await (const message of answer.message) states.push(stateOf(method.output, message));
        }
        return fine(states);
      } catch (error) {
        return fromConnectError(error, states);
      }
    },
  };
}

/** The state of the order in an answer, which is all that is compared of it. */
export function stateOf(schema: Attempt['method']['output'], message: Message): string {
  const { order } = toJson(schema, message) as { order?: { state?: string } };
  return order?.state ?? '';
}

function readsOnly({ method, request }: Attempt): string | undefined {
  if (method.idempotency !== Level.NO_SIDE_EFFECTS) return 'GET is for reads';
  if (method.methodKind !== 'unary') return 'GET has no streams';
  return JSON.stringify(request).length > 10_000 ? 'no such URL' : undefined;
}
