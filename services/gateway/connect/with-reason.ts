import { Code, ConnectError } from '@connectrpc/connect';
import type { UniversalServerResponse } from '@connectrpc/connect/protocol';
import { codeToHttpStatus, errorFromJsonBytes, errorToJsonBytes } from '@connectrpc/connect/protocol-connect';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/common/v1/error_reason_pb.ts';
import { toConnectError } from '#platform/errors/connect-error.ts';
import { invalidRequest, refusal } from '#platform/errors/refusal.ts';
import type { RpcError } from '#platform/errors/rpc-error.ts';

const STATUSES = new Set([400, 429, 500]);

/**
 * Gives the refusals of Connect's own library the reasons that the services give theirs: a unary request that can't be
 * read, and one that is too large unpacked. Every other answer stays as it is.
 */
export async function withReason(answer: UniversalServerResponse): Promise<UniversalServerResponse> {
  if (!STATUSES.has(answer.status) || answer.header?.has('content-encoding')) {
    return answer;
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body ?? []) {
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const refused = reasonFor(errorFromJsonBytes(bytes, undefined, new ConnectError('', Code.Unknown)));
  if (refused === undefined) {
    return { ...answer, body: once(bytes) };
  }
  const error = toConnectError(refused);
  const body = errorToJsonBytes(error, undefined);
  const header = new Headers(answer.header);
  header.set('content-length', `${body.byteLength}`);
  return { status: codeToHttpStatus(error.code), header, body: once(body) };
}

/** The services' own refusals have details, by which they are told from the library's. */
function reasonFor({ code, rawMessage, details }: ConnectError): RpcError | undefined {
  if (details.length > 0) {
    return undefined;
  }
  switch (code) {
    case Code.InvalidArgument:
      return invalidRequest([{ field: '', description: rawMessage.slice(0, 200) }]);
    case Code.Internal:
      // The library's words for bytes that are no such message, which is no fault of ours.
      return rawMessage.startsWith('parse binary')
        ? invalidRequest([{ field: '', description: 'is no such message' }])
        : undefined;
    case Code.ResourceExhausted:
      return refusal(ErrorReasonSchema, ErrorReason.TOO_LARGE, 'The request is too large.');
    default:
      return undefined;
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
