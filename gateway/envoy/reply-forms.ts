import { create, createRegistry, toBinary, toJson } from '@bufbuild/protobuf';
import { codeToHttpStatus, errorToJson } from '@connectrpc/connect/protocol-connect';
import { file_google_rpc_error_details } from '#gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '#gen/google/rpc/status_pb.ts';
import { toConnectError } from '#platform/errors/connect-error.ts';
import type { RpcError } from '#platform/errors/rpc-error.ts';
import { packDetails } from '#platform/errors/status.ts';
import { SENT_TYPE_HEADER } from './identity-headers.ts';
import { setHeader } from './typed.ts';

/** How one kind of client is told a refusal of Envoy's own. */
export type ReplyForm = {
  /** An access log filter for the requests that are answered so; none for all that are left. */
  readonly when?: object;
  /** The fields of a ResponseMapper that stand beside its filter. */
  readonly tell: (refused: RpcError, httpStatus?: number) => object;
};

const correlation = [setHeader('x-correlation-id', '%REQ(X-REQUEST-ID)%')];
const known = createRegistry(file_google_rpc_error_details);

/** The forms that there are, the first that fits being taken. */
export const replyForms: readonly ReplyForm[] = [
  // REST is gRPC by the time that it is refused; the transcoder leaves this header.
  { when: requestHeader('x-envoy-original-path', { prefix: '/' }), tell: rest },
  { when: requestHeader(SENT_TYPE_HEADER, { prefix: 'application/grpc-web' }), tell: grpcWeb },
  { when: requestHeader(SENT_TYPE_HEADER, { prefix: 'application/grpc' }), tell: grpc },
  {
    when: requestHeader(SENT_TYPE_HEADER, { prefix: 'application/connect+proto' }),
    tell: connectStream('proto'),
  },
  {
    when: requestHeader(SENT_TYPE_HEADER, { prefix: 'application/connect+json' }),
    tell: connectStream('json'),
  },
  { when: requestHeader(SENT_TYPE_HEADER, { prefix: 'application/proto' }), tell: connectUnary },
  {
    when: both(
      requestHeader(SENT_TYPE_HEADER, { prefix: 'application/json' }),
      requestHeader(':path', { prefix: '/shopverse.' }),
    ),
    tell: connectUnary,
  },
  { when: requestHeader(':path', { contains: '?connect=v1' }), tell: connectUnary },
  { when: requestHeader(':path', { contains: '&connect=v1' }), tell: connectUnary },
  // What is refused for its path or headers never came to the point where the type was kept.
  { when: requestHeader('content-type', { prefix: 'application/grpc-web' }), tell: grpcWeb },
  { when: requestHeader('content-type', { prefix: 'application/grpc' }), tell: grpc },
  { tell: rest },
];

/** A filter that takes what both take. */
export function both(one: object, other: object): object {
  return { and_filter: { filters: [one, other] } };
}

function requestHeader(name: string, string_match: object): object {
  return { header_filter: { header: { name, string_match } } };
}

function grpc(refused: RpcError): object {
  return {
    headers_to_add: [
      ...correlation,
      setHeader('grpc-status', `${refused.code}`),
      setHeader('grpc-status-details-bin', packed(refused)),
    ],
    body_format_override: { text_format_source: { inline_string: refused.message } },
  };
}

/** An answer without a message: trailers alone, as the last frame of a body. */
function grpcWeb(refused: RpcError): object {
  const trailers = {
    'grpc-status': refused.code,
    'grpc-message': refused.message,
    'grpc-status-details-bin': packed(refused),
  };
  const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value}\r\n`);
  return frameReply(0x80, lines.join(''), 'application/grpc-web+proto');
}

function connectUnary(refused: RpcError): object {
  return jsonReply(codeToHttpStatus(refused.code as number), connectJson(refused));
}

/** A stream is answered 200, and refused by its last frame, which is JSON in either encoding. */
function connectStream(encoding: 'proto' | 'json'): ReplyForm['tell'] {
  return (refused) =>
    frameReply(0x02, JSON.stringify({ error: connectJson(refused) }), `application/connect+${encoding}`);
}

function rest(refused: RpcError, httpStatus = codeToHttpStatus(refused.code as number)): object {
  return jsonReply(httpStatus, toJson(StatusSchema, statusOf(refused), { registry: known }));
}

function jsonReply(status_code: number, body: unknown): object {
  return {
    status_code,
    headers_to_add: correlation,
    body_format_override: {
      text_format_source: { inline_string: JSON.stringify(body) },
      content_type: 'application/json',
    },
  };
}

/** One frame: a flag, the length in four bytes, and the text. */
function frameReply(flag: number, text: string, content_type: string): object {
  const body = Buffer.from(text);
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(body.byteLength, 1);
  const inline_bytes = Buffer.concat([head, body]).toString('base64');
  return {
    status_code: 200,
    headers_to_add: correlation,
    body_format_override: { text_format_source: { inline_bytes }, content_type },
  };
}

function packed(refused: RpcError): string {
  return Buffer.from(toBinary(StatusSchema, statusOf(refused))).toString('base64');
}

function connectJson(refused: RpcError) {
  return errorToJson(toConnectError(refused), undefined);
}

function statusOf(refused: RpcError) {
  const { code, message } = refused;
  return create(StatusSchema, { code, message, details: packDetails(refused) });
}
