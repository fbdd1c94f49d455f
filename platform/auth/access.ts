import { type DescMethod, getOption, hasOption } from '@bufbuild/protobuf';
import { access, RoleSchema } from '#gen/shopverse/options/v1/options_pb.ts';
import type { Caller } from '#platform/auth/caller.ts';

/** Who may call a method, as its contract states it. */
export type AccessRule = {
  readonly public: boolean;
  readonly customer: boolean;
  /** Lower-case role names. */
  readonly roles: readonly string[];
  /** Services' names. */
  readonly services: readonly string[];
};

/** By which field of the rule a caller may call, or why not. */
export type AccessDecision =
  | 'public'
  | 'customer'
  | 'role'
  | 'service'
  | 'unauthenticated'
  | 'unidentified'
  | 'denied';

/** The workloads that carry clients' calls. From any other workload a method must name it among its services. */
export const FRONTS: readonly string[] = ['edge', 'gateway'];

/** A method's rule; undefined when its contract states none, which denies it to everybody. */
export function accessRule(method: DescMethod): AccessRule | undefined {
  if (!hasOption(method, access)) {
    return undefined;
  }
  const stated = getOption(method, access);
  return {
    public: stated.public,
    customer: stated.customer,
    roles: stated.roles.map(roleName).filter((role) => role !== ''),
    services: stated.services,
  };
}

/**
 * Whether a verified caller may call. A workload that the rule names may; what the rule says of users holds for calls
 * that a front carries, and for no others. Of several matching fields a role is named before the customer: what staff
 * can do beyond their own is audited. An administrator has every role. Who could be let in by signing in is
 * `unauthenticated`, a call without a workload identity `unidentified`; neither is `denied`.
 */
export function decideAccess(rule: AccessRule | undefined, caller: Caller): AccessDecision {
  if (rule === undefined) {
    return 'denied';
  }
  if (caller.service === undefined) {
    return 'unidentified';
  }
  if (rule.services.includes(caller.service)) {
    return 'service';
  }
  if (!FRONTS.includes(caller.service)) {
    return 'denied';
  }
  if (rule.public) {
    return 'public';
  }
  const signedIn = caller.userId !== undefined;
  if (signedIn && rule.roles.length > 0 && holdsRole(rule.roles, caller.roles)) {
    return 'role';
  }
  if (rule.customer && signedIn) {
    return 'customer';
  }
  return (rule.customer || rule.roles.length > 0) && !signedIn ? 'unauthenticated' : 'denied';
}

function holdsRole(wanted: readonly string[], held: readonly string[]): boolean {
  return held.includes('admin') || wanted.some((role) => held.includes(role));
}

/** `ROLE_ADMIN` is `admin` in tokens; a value that this build doesn't know is no role. */
function roleName(role: number): string {
  return role === 0
    ? ''
    : (RoleSchema.values.find((value) => value.number === role)?.localName.toLowerCase() ?? '');
}
