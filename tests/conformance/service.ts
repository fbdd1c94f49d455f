import { setTimeout as sleep } from 'node:timers/promises';
import { create, type DescService, type Message, type Registry } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import { RpcError } from '#platform/errors/rpc-error.ts';
import type { Call, RpcBinding } from '#platform/rpc/bind.ts';
import type { Exchange } from '#platform/rpc/exchange.ts';
import { unknownMethod } from '../../services/gateway/connect/refused.ts';

type Header = { readonly name: string; readonly value: readonly string[] };
type Definition = {
  readonly responseHeaders: readonly Header[];
  readonly responseTrailers: readonly Header[];
  readonly responseDelayMs: number;
};
type Failure = { readonly code: number; readonly message?: string; readonly details: readonly Any[] };
type UnaryRequest = Message & {
  readonly responseDefinition?: Definition & {
    readonly response: { case?: 'responseData'; value?: Uint8Array } | { case: 'error'; value: Failure };
  };
};
type StreamRequest = Message & {
  readonly responseDefinition?: Definition & {
    readonly responseData: readonly Uint8Array[];
    readonly error?: Failure;
  };
};

/**
 * The suite's service on the platform's kernel: it answers what the request says it should, with what it saw of the request.
 * `exchangeOf` gives the call as the kernel has it.
 */
export function conformanceService(
  service: DescService,
  registry: Registry,
  exchangeOf: (call: Call) => Exchange,
): RpcBinding {
  const payloadType = registry.getMessage('connectrpc.conformance.v1.ConformancePayload');
  const infoType = registry.getMessage('connectrpc.conformance.v1.ConformancePayload.RequestInfo');
  if (payloadType === undefined || infoType === undefined)
    throw new Error('another suite than this was made for');

  function seen(request: Message, call: Call) {
    const { metadata } = exchangeOf(call);
    const requestHeaders = Object.keys(metadata.getMap()).map((name) => ({
      name,
      value: metadata
        .get(name)
        .map((value) => (typeof value === 'string' ? value : value.toString('base64'))),
    }));
    const desc = registry.getMessage(request.$typeName);
    const timeoutMs = call.deadline.getTime() - Date.now();
    const requests = desc === undefined ? [] : [anyPack(desc, request)];
    return create(
      infoType as never,
      {
        requestHeaders,
        requests,
        // A call without a deadline of its own gets the kernel's, which is no client's.
        ...(timeoutMs < 14_000 ? { timeoutMs: BigInt(timeoutMs) } : {}),
      } as never,
    );
  }

  function tell(definition: Definition | undefined, call: Call): void {
    const { answerMetadata, answerTrailers } = exchangeOf(call);
    for (const [headers, to] of [
      [definition?.responseHeaders ?? [], answerMetadata],
      [definition?.responseTrailers ?? [], answerTrailers],
    ] as const) {
      for (const { name, value } of headers) {
        for (const each of value) to.add(name, name.endsWith('-bin') ? Buffer.from(each, 'base64') : each);
      }
    }
  }

  const failed = ({ code, message = '', details }: Failure, info?: Message) =>
    new RpcError({
      ...{ code, message, reason: '', domain: '' },
      packed: [...details, ...(info === undefined ? [] : [anyPack(infoType, info)])],
    });

  async function unary(request: UnaryRequest, call: Call) {
    const definition = request.responseDefinition;
    const info = seen(request, call);
    tell(definition, call);
    if (definition?.responseDelayMs)
      await sleep(definition.responseDelayMs, undefined, { signal: call.signal });
    if (definition?.response.case === 'error') throw failed(definition.response.value, info);
    const data = definition?.response.value;
    return { payload: { requestInfo: info, ...(data === undefined ? {} : { data }) } };
  }

  return {
    service,
    handlers: {
      unary,
      idempotentUnary: unary,
      async unimplemented() {
        throw unknownMethod();
      },
      async *serverStream(request: StreamRequest, call: Call) {
        const definition = request.responseDefinition;
        const info = seen(request, call);
        tell(definition, call);
        let sent = 0;
        for (const data of definition?.responseData ?? []) {
          if (definition?.responseDelayMs) {
            await sleep(definition.responseDelayMs, undefined, { signal: call.signal });
          }
          yield { payload: { data, ...(sent === 0 ? { requestInfo: info } : {}) } };
          sent += 1;
        }
        if (definition?.error) throw failed(definition.error, sent === 0 ? info : undefined);
      },
    },
  };
}
