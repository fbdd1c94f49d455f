import { createRegistry, type DescFile } from '@bufbuild/protobuf';
import { accessRule } from '#platform/auth/access.ts';
import type { Runtime } from '#platform/runtime.ts';
import type { FrontListener } from '#platform/service/front-server.ts';
import { edgeMethods, servicesOf } from '../../../gateway/envoy/edge-methods.ts';
import { connectListener } from './connect-listener.ts';
import { createForwarder } from './forward.ts';
import type { Relay } from './handlers.ts';

/**
 * Connect for every method that the contracts open to the outside, and for no other. The called service verifies the
 * client's token itself. Throws when a contract opens a method to users and to this service's own identity at once: every
 * client would come in by the latter. `relay` is for the protocol's own tests.
 */
export function connectEdge(
  contracts: readonly DescFile[],
  runtime: Pick<Runtime, 'service' | 'client' | 'log' | 'ids'>,
  stopping: AbortSignal,
  relay?: Relay,
): FrontListener {
  const methods = edgeMethods(contracts);
  const lent = methods.find(({ method }) => accessRule(method)?.services.includes(runtime.service));
  if (lent !== undefined) {
    throw new Error(`${lent.path} is open to ${runtime.service}, which calls it for anybody.`);
  }
  return connectListener(methods, createRegistry(...contracts), {
    forwarder: createForwarder(runtime),
    services: servicesOf(contracts),
    stopping,
    ...(relay === undefined ? {} : { relay }),
    log: runtime.log,
    ids: runtime.ids,
  });
}
