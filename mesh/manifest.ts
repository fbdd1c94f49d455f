import { parseAllDocuments } from 'yaml';
import { meshHost, meshNamespace } from '#platform/auth/workload.ts';

/** One of Istio's resources, as its file states it. */
export type Manifest<Spec = object> = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: Spec;
};

/** How Istio matches a text. An empty one is there, whatever it says. */
export type Match = { readonly exact?: string; readonly prefix?: string; readonly regex?: string };

/** What must hold of a call at once. */
export type RuleMatch = {
  readonly uri?: Match;
  readonly headers?: Readonly<Record<string, Match>>;
  readonly withoutHeaders?: Readonly<Record<string, Match>>;
};

/** Where calls go, and which share of them, out of 100. */
export type Destination = {
  readonly destination: { readonly host: string; readonly subset?: string };
  readonly weight?: number;
};

/** A delay or refusal that some calls suffer on purpose. */
export type Fault = {
  readonly delay?: { readonly fixedDelay: string; readonly percentage?: { readonly value: number } };
  readonly abort?: {
    readonly grpcStatus?: string;
    readonly httpStatus?: number;
    readonly percentage?: { readonly value: number };
  };
};

/** One of a VirtualService's rules: the first that fits a call decides it. */
export type HttpRule = {
  readonly name?: string;
  readonly match?: readonly RuleMatch[];
  readonly route?: readonly Destination[];
  readonly timeout?: string;
  readonly retries?: {
    readonly attempts: number;
    readonly retryOn?: string;
    readonly perTryTimeout?: string;
  };
  readonly fault?: Fault;
};

/** How calls to a host are led. */
export type VirtualService = Manifest<{
  readonly hosts: readonly string[];
  readonly http: readonly HttpRule[];
}>;

/** How a host's instances are used, and the names of groups of them. */
export type TrafficPolicy = {
  readonly connectionPool?: {
    readonly tcp?: { readonly maxConnections?: number; readonly connectTimeout?: string };
    readonly http?: {
      readonly http2MaxRequests?: number;
      readonly http1MaxPendingRequests?: number;
      readonly maxRetries?: number;
    };
  };
  readonly outlierDetection?: {
    readonly consecutiveGatewayErrors?: number;
    readonly consecutive5xxErrors?: number;
    readonly interval?: string;
    readonly baseEjectionTime?: string;
    readonly maxEjectionPercent?: number;
  };
};

/** A host's policy and subsets. */
export type DestinationRule = Manifest<{
  readonly host: string;
  readonly trafficPolicy?: TrafficPolicy;
  readonly subsets?: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly trafficPolicy?: TrafficPolicy;
  }[];
}>;

/** The resources in a file. Throws a sentence with `source` in it when the text is none. */
export function parseManifests(text: string, source: string): Manifest[] {
  return parseAllDocuments(text)
    .filter((document) => document.contents !== null)
    .map((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw new Error(`${source} is no YAML: ${error.message}`);
      const found = document.toJS() as Partial<Manifest>;
      if (!found.apiVersion || !found.kind || !found.metadata?.name || !found.spec) {
        throw new Error(`${source} holds something without apiVersion, kind, metadata.name or spec.`);
      }
      return found as Manifest;
    });
}

/** What tells a resource from every other: `virtualservice/order`. */
export function keyOf({ kind, metadata }: Pick<Manifest, 'kind' | 'metadata'>): string {
  return `${kind.toLowerCase()}/${metadata.name}`;
}

/** All of these; of those with one key the last. */
export function merged(...lists: readonly (readonly Manifest[])[]): Manifest[] {
  return [...new Map(lists.flat().map((each) => [keyOf(each), each])).values()];
}

/** Those that are VirtualServices. */
export function virtualServices(manifests: readonly Manifest[]): VirtualService[] {
  return manifests.filter((each): each is VirtualService => each.kind === 'VirtualService');
}

/** Those that are DestinationRules. */
export function destinationRules(manifests: readonly Manifest[]): DestinationRule[] {
  return manifests.filter((each): each is DestinationRule => each.kind === 'DestinationRule');
}

/** The service that a host names, by its whole name or its first word; undefined for any other host. */
export function serviceOfHost(host: string): string | undefined {
  const [service = ''] = host.split('.');
  return [service, `${service}.${meshNamespace}`, meshHost(service)].includes(host) ? service : undefined;
}
