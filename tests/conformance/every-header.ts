import type { HandlerContext } from '@connectrpc/connect';
import type { Metadata } from '@grpc/grpc-js';
import type { Relay } from '../../services/gateway/connect/handlers.ts';

/** What belongs to the protocols and to the connection, on either side. */
const OWN =
  /^(content-|accept|connect-|connection$|host$|te$|trailer|transfer-|user-agent$|date$|grpc-|keep-alive$|x-request-id$|x-correlation-id$|x-forwarded-|x-envoy-|cookie$|authorization$)/;

/** Carries every header of the client's to the service, and back; the gateway's own rule is to carry next to none. */
export const everyHeader: Relay = {
  request: (header) =>
    Object.fromEntries(
      [...header].filter(([name]) => !OWN.test(name)).map(([name, value]) => [name, [value]]),
    ),
  answer: (metadata, context) => copy(metadata, context.responseHeader),
  trailers: (metadata, context: HandlerContext) => copy(metadata, context.responseTrailer),
};

function copy(metadata: Metadata, to: Headers): void {
  for (const name of Object.keys(metadata.getMap()).filter((each) => !OWN.test(each))) {
    to.delete(name);
    for (const value of metadata.get(name)) {
      to.append(name, typeof value === 'string' ? value : value.toString('base64').replace(/=+$/, ''));
    }
  }
}
