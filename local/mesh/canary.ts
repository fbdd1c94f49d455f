import { meshHost } from '#platform/auth/workload.ts';
import type { Destination, HttpRule, VirtualService } from '../../mesh/manifest.ts';

/** Which calls a version gets: those with a header, and a share of all others. */
export type Canary = {
  readonly from: string;
  readonly to: string;
  /** Out of 100. */
  readonly weight: number;
  readonly header?: { readonly name: string; readonly value: string };
};

/**
 * A service's VirtualService with every rule split: calls with the header go to the new version, of the others this share.
 * What the rules say of retries and time holds for both.
 */
export function withCanary(base: VirtualService, service: string, canary: Canary): VirtualService {
  const { from, to, weight, header } = canary;
  const host = meshHost(service);
  const only = (subset: string): Destination => ({ destination: { host, subset } });
  const split =
    weight === 0
      ? [only(from)]
      : weight === 100
        ? [only(to)]
        : [
            { ...only(from), weight: 100 - weight },
            { ...only(to), weight },
          ];
  const chosen = (rule: HttpRule): HttpRule[] =>
    header === undefined
      ? []
      : [
          {
            ...rule,
            name: `${rule.name}-${to}`,
            match: (rule.match ?? [{}]).map((match) => ({
              ...match,
              headers: { ...match.headers, [header.name]: { exact: header.value } },
            })),
            route: [only(to)],
          },
        ];
  const http = base.spec.http.flatMap((rule) => [...chosen(rule), { ...rule, route: split }]);
  return { ...base, spec: { ...base.spec, http } };
}
