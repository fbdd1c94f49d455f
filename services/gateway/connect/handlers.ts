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
import { browserOf, identityKey } from './caller.ts';
import type { Forwarded, Forwarder } from './forward.ts';
import { refusedForwarding, unknownMethod } from './refused.ts';

/** What calls are forwarded with. */
export type HandlerDependencies = {
  readonly forwarder: Forwarder;
  /** The services that what every service serves can be asked of. */
  readonly services: readonly string[];
  /** Aborted when the process stops: streams end with UNAVAILABLE, and are opened again elsewhere. */
  readonly stopping: AbortSignal;
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
      ...forwarded(context, context.signal, UNARY_SECONDS, deps.ids),
      ...(edge.cookies ? { identity: { ...identity, ...browserOf(context.requestHeader) } } : {}),
      onMetadata: (metadata: Metadata) => {
        beside = metadata;
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
      throw refusedForwarding(error, { ...call, log: deps.log });
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
    const call = forwarded(context, signal, STREAM_SECONDS, deps.ids);
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

function forwarded(context: HandlerContext, signal: AbortSignal, most: number, ids: Ids): Forwarded {
  const given = context.requestHeader.get('x-correlation-id') ?? '';
  return {
    correlationId: UUID.test(given) ? given : ids.uuid(),
    identity: context.values.get(identityKey),
    timeoutMs: Math.min(context.timeoutMs() ?? Number.POSITIVE_INFINITY, most * 1000),
    signal,
  };
}

function spanOf(context: HandlerContext, name: string) {
  const parent = context.requestHeader.get('traceparent');
  const attributes = { 'rpc.system.name': 'connectrpc', 'rpc.method': name };
  return { kind: 'server', attributes, ...(parent === null ? {} : { parent }) } as const;
}
