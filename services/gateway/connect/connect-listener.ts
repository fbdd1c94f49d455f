import type { Registry } from '@bufbuild/protobuf';
import { createConnectRouter, createContextValues } from '@connectrpc/connect';
import {
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from '@connectrpc/connect-node';
import type { FrontListener } from '#platform/service/front-server.ts';
import type { EdgeMethod } from '../../../gateway/envoy/edge-methods.ts';
import { identityKey, identityOf } from './caller.ts';
import { type HandlerDependencies, handlerFor } from './handlers.ts';
import { withReason } from './with-reason.ts';

/** What is taken and sent of one message, unpacked, as the services themselves do. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/**
 * Answers calls of these methods in Connect's protocol: unary by POST and, for reads, GET, in binary and JSON, and streams
 * of answers. Each is made again, over gRPC, to the service that it is for; anything else is answered 404.
 */
export function connectListener(
  methods: readonly EdgeMethod[],
  types: Registry,
  deps: HandlerDependencies,
): FrontListener {
  const router = createConnectRouter({
    grpc: false,
    grpcWeb: false,
    acceptCompression: [compressionGzip],
    // For messages within messages, whose types are named in the data.
    jsonOptions: { registry: types },
    readMaxBytes: MAX_MESSAGE_BYTES,
    writeMaxBytes: MAX_MESSAGE_BYTES,
  });
  for (const method of methods) {
    router.rpc(method.method, handlerFor(method, deps) as never);
  }
  const byPath = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  return (incoming, outgoing) => {
    const handler = byPath.get(incoming.url.split('?', 1)[0] ?? '');
    if (handler === undefined) {
      outgoing.writeHead(404).end();
      return;
    }
    const values = createContextValues().set(identityKey, identityOf(incoming.rawHeaders));
    // URL and headers are read within the chain: when they can't be, that is this request's failure alone.
    Promise.resolve()
      .then(() => handler(universalRequestFromNodeRequest(incoming, outgoing, undefined, values)))
      .then(withReason)
      .then((answer) => universalResponseToNodeResponse(answer, outgoing))
      .catch((error: unknown) => {
        deps.log.debug(
          { err: error, rpc_method: handler.method.name },
          'a call ended without its whole answer',
        );
        outgoing.stream.destroy();
      });
  };
}
