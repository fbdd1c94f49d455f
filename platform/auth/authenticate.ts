import type { Metadata } from '@grpc/grpc-js';
import type { Caller } from '#platform/auth/caller.ts';
import { tokenInvalid } from '#platform/errors/refusal.ts';
import type { AccessTokens } from './access-token.ts';
import type { WorkloadTokens } from './workload-token.ts';

/** Who calls, and the user's token to hand on. */
export type Authenticated = { readonly caller: Caller; readonly token?: string };

const anonymous: Authenticated = { caller: Object.freeze({ roles: Object.freeze([]) }) };

/**
 * The caller, from a call's metadata. Nothing that isn't signed is believed, but the guest's secret. A token that is
 * sent must be valid, whether the method asks for one or not: otherwise UNAUTHENTICATED.
 */
export async function authenticate(
  metadata: Metadata,
  verifiers: { readonly users: AccessTokens; readonly workloads: WorkloadTokens },
): Promise<Authenticated> {
  const authorization = single(metadata, 'authorization');
  const svid = single(metadata, 'x-shopverse-svid');
  const guestId = single(metadata, 'x-shopverse-guest');
  if (authorization === undefined && svid === undefined && guestId === undefined) {
    return anonymous;
  }
  const token = authorization === undefined ? undefined : bearer(authorization);
  // Awaiting what is no promise would cost a turn of the loop on every call that the caches answer.
  const proved = token === undefined ? undefined : verifiers.users.verify(token);
  const user = proved instanceof Promise ? await proved : proved;
  const vouched = svid === undefined ? undefined : verifiers.workloads.verify(svid);
  const service = vouched instanceof Promise ? await vouched : vouched;
  return {
    caller: {
      ...(user === undefined ? { roles: [] } : user),
      ...(guestId === undefined ? {} : { guestId: guestSecret(guestId) }),
      ...(service === undefined ? {} : { service }),
    },
    ...(token === undefined ? {} : { token }),
  };
}

/** Two values under one name could be read as one thing here and another elsewhere: neither is believed. */
function single(metadata: Metadata, name: string): string | undefined {
  const values = metadata.get(name);
  if (values.length > 1) {
    throw tokenInvalid();
  }
  return values[0]?.toString();
}

function bearer(authorization: string): string {
  if (!/^bearer [\w-]+\.[\w-]+\.[\w-]*$/i.test(authorization)) {
    throw tokenInvalid();
  }
  return authorization.slice('bearer '.length);
}

function guestSecret(guestId: string): string {
  if (!/^[\w.:-]{16,128}$/.test(guestId)) {
    throw tokenInvalid();
  }
  return guestId;
}
