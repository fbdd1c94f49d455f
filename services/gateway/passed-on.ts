import { RpcError } from '#platform/errors/rpc-error.ts';

/**
 * What a service refused, as this one's own refusal: its code, reason and details reach the caller as they are. Anything
 * else stays what it is.
 */
export function passedOn(error: unknown): unknown {
  if (!(error instanceof RpcError) || error.packed === undefined) {
    return error;
  }
  const { code, reason, domain, message, details, packed } = error;
  return new RpcError({ code, reason, domain, message, details, packed, cause: error });
}
