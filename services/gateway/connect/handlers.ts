import type { Message } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import type { Metadata } from '@grpc/grpc-js';
import type { Logger } from '#platform/log/logger.ts';
import type { Ids } from '#platform/ports.ts';
import { inSpan } from '#platform/telemetry/span.ts';
import {
  type EdgeMethod,
  EVERY_SERVICE,
  SERVICE_HEADER,
  STREAM_SECONDS,
  UNARY_SECONDS,
} from '../../../gateway/envoy/edge-methods.ts';
import { cacheHeaders } from './caching.ts';
import { browserOf, type Identity, identityKey } from './caller.ts';
import type { Forwarded, Forwarder } from './forward.ts';
import { refusedForwarding, unknownMethod } from './refused.ts';

/** What goes along with calls beside the little that a shop's clients may say. */
export type Relay = {
  /** Of a client's headers. */
  request(header: Headers): Identity;
  /** Of what came before the service's answer. */
  answer(metadata: Metadata, context: HandlerContext): void;
  /** Of what came after it. */
  trailers(metadata: Metadata, context: HandlerContext): void;
};

/** What calls are forwarded with. */
export type HandlerDependencies = {
  readonly forwarder: Forwarder;
  /** The services that what every service serves can be asked of. */
  readonly services: readonly string[];
  /** Aborted when the process stops: streams end with UNAVAILABLE, and are opened again elsewhere. */
  readonly stopping: AbortSignal;
  readonly relay?: Relay;
  readonly log: Logger;
  readonly ids: Ids;
};

type Handler =
  | ((request: Message, context: HandlerContext) => Promise<Message>)
  | ((request: Message, context: HandlerContext) => AsyncIterable<Message>);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A method's handler, which makes the call again to the service that it is for. */
export function handlerFor(method: EdgeMethod, deps: HandlerDependencies): Handler {
  return method.streams ? streamHandler(method, deps) : unaryHandler(method, deps);
}

function unaryHandler(edge: EdgeMethod, deps: HandlerDependencies): Handler {
  const { method } = edge;
  const name = edge.path.slice(1);
  return async (request: Message, context: HandlerContext) => {
    let beside: Metadata | undefined;
    const identity = context.values.get(identityKey);
    const call = {
      ...forwarded(context, context.signal, UNARY_SECONDS, deps),
      ...(edge.cookies ? { identity: { ...identity, ...browserOf(context.requestHeader) } } : {}),
      onMetadata: (metadata: Metadata) => {
        beside = metadata;
        deps.relay?.answer(metadata, context);
      },
    };
    const isGet = context.requestMethod === 'GET';
    if (isGet) {
      context.responseHeader.set('cache-control', 'private, no-store');
    }
    try {
      const answer = await inSpan(name, spanOf(context, name), () =>
        deps.forwarder.unary(method, peerOf(edge, context, deps), request, call),
      );
      if (isGet) {
        const isAnonymous = Object.keys(identity).length === 0;
        for (const [header, value] of Object.entries(cacheHeaders(method, isAnonymous))) {
          context.responseHeader.set(header, value);
        }
      }
      return answer;
    } catch (error) {
      const told = refusedForwarding(error, { ...call, log: deps.log });
      // Of a unary refusal these stand among the headers, where Connect's library takes them from the error.
      if (deps.relay !== undefined) {
        for (const [header, value] of context.responseTrailer) told.metadata.append(header, value);
      }
      throw told;
    } finally {
      if (beside?.get('cache-control')[0] === 'no-store') {
        context.responseHeader.set('cache-control', 'private, no-store');
      }
      for (const cookie of edge.cookies ? (beside?.get('set-cookie') ?? []) : []) {
        context.responseHeader.append('set-cookie', String(cookie));
      }
    }
  };
}

function streamHandler(edge: EdgeMethod, deps: HandlerDependencies): Handler {
  return async function* (request: Message, context: HandlerContext) {
    const signal = AbortSignal.any([context.signal, deps.stopping]);
    const call = forwarded(context, signal, STREAM_SECONDS, deps);
    try {
      yield* deps.forwarder.stream(edge.method, peerOf(edge, context, deps), request, call);
    } catch (error) {
      throw refusedForwarding(error, { ...call, log: deps.log });
    }
  };
}

/** The service that a call is for. Throws UNIMPLEMENTED when the caller had to name one, and named none. */
function peerOf({ domain }: EdgeMethod, context: HandlerContext, { services }: HandlerDependencies): string {
  if (domain !== EVERY_SERVICE) {
    return domain;
  }
  const named = context.requestHeader.get(SERVICE_HEADER) ?? '';
  if (!services.includes(named)) {
    throw unknownMethod();
  }
  return named;
}

function forwarded(
  context: HandlerContext,
  signal: AbortSignal,
  most: number,
  { ids, relay }: HandlerDependencies,
): Forwarded {
  const given = context.requestHeader.get('x-correlation-id') ?? '';
  return {
    correlationId: UUID.test(given) ? given : ids.uuid(),
    identity: { ...context.values.get(identityKey), ...relay?.request(context.requestHeader) },
    timeoutMs: Math.min(context.timeoutMs() ?? Number.POSITIVE_INFINITY, most * 1000),
    signal,
    ...(relay === undefined
      ? {}
      : {
          onMetadata: (metadata) => relay.answer(metadata, context),
          onTrailers: (metadata) => relay.trailers(metadata, context),
        }),
  };
}

function spanOf(context: HandlerContext, name: string) {
  const parent = context.requestHeader.get('traceparent');
  const attributes = { 'rpc.system.name': 'connectrpc', 'rpc.method': name };
  return { kind: 'server', attributes, ...(parent === null ? {} : { parent }) } as const;
}
