import { underMesh } from '../../gateway/envoy/mesh-routes.ts';
import {
  destinationRules,
  type Manifest,
  merged,
  serviceOfHost,
  virtualServices,
} from '../../mesh/manifest.ts';
import { wronglyRepeated } from '../../mesh/rules.ts';
import { domainOf, loadContracts, methodsOf } from '../../proto/contracts.ts';

const ROUTE = { route: { max_stream_duration: {} }, typed_per_filter_config: {} };

/**
 * What is wrong with resources before they are put beside the mesh, a sentence each: a call made again that its contract
 * doesn't let be, a subset that there is not, what the edge can't do.
 */
export async function complaints(mesh: readonly Manifest[], added: readonly Manifest[]): Promise<string[]> {
  const methods = methodsOf(await loadContracts());
  const subsets = new Set(
    destinationRules(merged(mesh, added)).flatMap(({ spec }) =>
      (spec.subsets ?? []).map(({ name }) => `${serviceOfHost(spec.host)} ${name}`),
    ),
  );
  return virtualServices(added).flatMap(({ metadata: { name }, spec }) =>
    spec.hosts.flatMap((host) => {
      const service = serviceOfHost(host);
      if (service === undefined) return [`${name}: ${host} is no service of the mesh.`];
      const own = methods.filter(({ parent }) => [service, 'platform'].includes(domainOf(parent.file)));
      const missing = spec.http
        .flatMap(({ route = [] }) => route)
        .filter(
          ({ destination: { host: to, subset } }) => subset && !subsets.has(`${serviceOfHost(to)} ${subset}`),
        )
        .map(({ destination }) => `${name}: no DestinationRule names a subset ${destination.subset}.`);
      try {
        for (const method of own) {
          const path = `/${method.parent.typeName}/${method.name}`;
          underMesh({ ...ROUTE, match: { path, headers: [] } }, service, virtualServices(added));
        }
      } catch (error) {
        return [...missing, `${name}: ${(error as Error).message}`];
      }
      const repeated = wronglyRepeated(own, spec.http).map(
        (method) =>
          `${name} has ${method.parent.typeName}/${method.name} made again, which its contract doesn't allow.`,
      );
      return [...missing, ...repeated];
    }),
  );
}
