import type { Metadata } from '@grpc/grpc-js';
import type { Caller } from '#platform/auth/caller.ts';
import { tokenInvalid } from '#platform/errors/refusal.ts';
import type { AccessTokens } from './access-token.ts';

/** Who calls, and the user's token to hand on. */
export type Authenticated = { readonly caller: Caller; readonly token?: string };

/**
 * The caller, from the verified workload that its call came from and the call's metadata. Nothing that isn't signed is
 * believed, but the guest's secret. A token that is sent must be valid, whether the method asks for one or not:
 * otherwise UNAUTHENTICATED.
 */
export async function authenticate(
  metadata: Metadata,
  service: string | undefined,
  users: AccessTokens,
): Promise<Authenticated> {
  const authorization = single(metadata, 'authorization');
  const guestId = single(metadata, 'x-shopverse-guest');
  const token = authorization === undefined ? undefined : bearer(authorization);
  // Awaiting what is no promise would cost a turn of the loop on every call that the cache answers.
  const proved = token === undefined ? undefined : users.verify(token);
  const user = proved instanceof Promise ? await proved : proved;
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
