import type { DescFile, DescMethod } from '@bufbuild/protobuf';
import { stringify } from 'yaml';
import { meshHost, meshNamespace } from '#platform/auth/workload.ts';
import { isRepeatable } from '#platform/client/repeatable.ts';
import { domainOf, methodsOf } from '../proto/contracts.ts';

/**
 * One attempt more, where nobody can have noticed the first or may be told twice. Envoy reads all of these words, gRPC
 * the last.
 */
const AGAIN = { attempts: 1, retryOn: 'connect-failure,refused-stream,reset,unavailable' };

/**
 * Each service's VirtualService, by path under the root: which of its calls the mesh makes again, from the methods' own
 * options. Deadlines are the callers'.
 */
export function traffic(contracts: readonly DescFile[]): [path: string, text: string][] {
  const methods = methodsOf(contracts);
  const services = [...new Set(methods.map((method) => domainOf(method.parent.file)))]
    .filter((domain) => domain !== 'platform')
    .sort();
  return services.map((service) => {
    const own = methods.filter((method) => [service, 'platform'].includes(domainOf(method.parent.file)));
    return [`mesh/traffic/${service}.yaml`, file(service, own)];
  });
}

function file(service: string, methods: readonly DescMethod[]): string {
  const host = meshHost(service);
  const route = [{ destination: { host } }];
  const resource = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: service, namespace: meshNamespace },
    spec: {
      hosts: [host],
      http: [
        {
          name: 'repeatable',
          match: [{ uri: { regex: patternOf(methods.filter(isRepeatable)) } }],
          retries: AGAIN,
          route,
        },
        { name: 'once', retries: { attempts: 0 }, route },
      ],
    },
  };
  const text = stringify(resource, { lineWidth: 0, aliasDuplicateObjects: false });
  return `# Made from the contracts by \`npm run gen\`; do not edit.\n${text}`;
}

/** Matches exactly these methods' paths. */
function patternOf(methods: readonly DescMethod[]): string {
  const byService = Map.groupBy(methods, ({ parent }) => parent.typeName);
  const alternatives = [...byService].map(
    ([typeName, own]) => `${typeName.replaceAll('.', '\\.')}/(${own.map(({ name }) => name).join('|')})`,
  );
  return `/(${alternatives.join('|')})`;
}
