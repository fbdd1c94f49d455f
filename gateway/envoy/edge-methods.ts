import { type DescFile, type DescMethod, getOption } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt';
import { cookies } from '#gen/shopverse/options/v1/options_pb.ts';
import { type AccessRule, accessRule } from '#platform/auth/access.ts';
import { domainOf, methodsOf } from '../../proto/contracts.ts';

/** The header by which an operator names the service whose `shopverse.platform.v1` is meant. */
export const SERVICE_HEADER = 'x-shopverse-service';
/** The longest that a client may wait for a unary answer, whatever deadline it states. */
export const UNARY_SECONDS = 15;
/** The longest that a stream may last, after the services' own half hour; clients open it again. */
export const STREAM_SECONDS = 1810;

/** The domain of what every service serves. */
export const EVERY_SERVICE = 'platform';

/** A method that clients may reach through the edge. */
export type EdgeMethod = {
  readonly method: DescMethod;
  /** `/shopverse.order.v1.OrderService/PlaceOrder` */
  readonly path: string;
  /** Whose it is, which also names the cluster. EVERY_SERVICE for what all serve. */
  readonly domain: string;
  readonly streams: boolean;
  /** It changes nothing, so that it may be tried again. */
  readonly readsOnly: boolean;
  /** It reads and sets the browser's cookie, which no other method sees. */
  readonly cookies: boolean;
  /** A call without a token may pass. */
  readonly open: boolean;
  /** A token must hold one of these roles; empty where any user may call. */
  readonly roles: readonly string[];
};

/** The services that have contracts of their own, by name. */
export function servicesOf(contracts: readonly DescFile[]): string[] {
  const domains = contracts.filter((file) => file.services.length > 0).map(domainOf);
  return [...new Set(domains)].filter((domain) => domain !== EVERY_SERVICE);
}

/** Every method that somebody outside may call, by its option; those for services only are left out. */
export function edgeMethods(contracts: readonly DescFile[]): EdgeMethod[] {
  return methodsOf(contracts).flatMap((method) => {
    const rule = accessRule(method);
    return rule && isForOutside(rule) ? [edgeMethod(method, rule)] : [];
  });
}

function isForOutside(rule: AccessRule): boolean {
  return rule.public || rule.customer || rule.roles.length > 0;
}

function edgeMethod(method: DescMethod, rule: AccessRule): EdgeMethod {
  return {
    method,
    path: `/${method.parent.typeName}/${method.name}`,
    domain: domainOf(method.parent.file),
    streams: method.methodKind !== 'unary',
    readsOnly: method.idempotency === Level.NO_SIDE_EFFECTS,
    cookies: getOption(method, cookies),
    open: rule.public,
    // An administrator has every role, as the services see it too.
    roles: rule.public || rule.customer ? [] : [...new Set(['admin', ...rule.roles])],
  };
}
