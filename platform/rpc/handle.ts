import type { DescMethod, Message } from '@bufbuild/protobuf';
import { validate } from '#platform/validation/validation.ts';
import type { AnyHandler } from './bind.ts';
import { decodeRequest, encode } from './codec.ts';
import type { Exchange, Interceptor, Step } from './exchange.ts';

/** Decodes the request and checks it against its schema's rules, after the caller was let in. */
export const decoded: Interceptor = (method, next) => async (exchange) => {
  const request = decodeRequest(method.input, exchange.requestBytes);
  validate(method.input, request);
  exchange.request = request;
  return next(exchange);
};

/** The innermost step: the service's own handler, whose answers are encoded and sent. */
export function handled(method: DescMethod, handler: AnyHandler): Step {
  return method.methodKind === 'server_streaming'
    ? (exchange) => sendAll(method, handler, exchange)
    : async (exchange) => {
        // The caller is answered when its time is up, even if the handler doesn't heed the signal.
        const answer = await Promise.race([handler(exchange.request, exchange.call), exchange.stopped]);
        await exchange.send(encode(method.output, answer));
      };
}

async function sendAll(method: DescMethod, handler: AnyHandler, exchange: Exchange): Promise<void> {
  const answers = handler(exchange.request, exchange.call) as AsyncIterable<Message>;
  const iterator = answers[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), exchange.stopped]);
      if (next.done) {
        return;
      }
      await exchange.send(encode(method.output, next.value));
    }
  } catch (error) {
    // Not awaited: a generator that waits for something else ends only when that something comes.
    iterator.return?.().then(undefined, () => undefined);
    throw error;
  }
}
