import type { DescFile, DescMethod } from '@bufbuild/protobuf';
import { stringify } from 'yaml';
import { accessRule, FRONTS } from '#platform/auth/access.ts';
import { meshNamespace, spiffeId } from '#platform/auth/workload.ts';
import { domainOf, methodsOf } from '../proto/contracts.ts';

const ISSUER = 'https://id.shopverse.local';
const ISTIO = 'security.istio.io/v1';

type Rule = { readonly from: object[]; readonly to: object[]; readonly when?: object[] };

/**
 * The mesh's authorisation as Istio states it, by path under the root: who may call which method, from the methods' own
 * options; what no rule allows is denied. The kernel decides by the same options (`decideAccess`).
 */
export function authorization(contracts: readonly DescFile[]): [path: string, text: string][] {
  const methods = methodsOf(contracts);
  const services = [...new Set(methods.map((method) => domainOf(method.parent.file)))]
    .filter((domain) => domain !== 'platform')
    .sort();
  return [
    ['mesh/authorization/namespace.yaml', file(namespaceWide)],
    ...services.map((service): [string, string] => {
      const own = methods.filter((method) => [service, 'platform'].includes(domainOf(method.parent.file)));
      return [`mesh/authorization/${service}.yaml`, file([policyOf(service, own)])];
    }),
  ];
}

/** Only workloads with a certificate call; tokens are the user service's; what no policy allows is denied. */
const namespaceWide = [
  resource('PeerAuthentication', 'default', { mtls: { mode: 'STRICT' } }),
  resource('RequestAuthentication', 'users', {
    jwtRules: [
      {
        issuer: ISSUER,
        audiences: ['shopverse'],
        jwksUri: 'http://user.shopverse.svc.cluster.local:8080/.well-known/jwks.json',
        forwardOriginalToken: true,
      },
    ],
  }),
  resource('AuthorizationPolicy', 'nothing', {}),
];

function policyOf(service: string, methods: readonly DescMethod[]): object {
  const byCallers = new Map<string, { rule: Omit<Rule, 'to'>; paths: string[] }>();
  for (const method of methods) {
    for (const rule of rulesOf(method)) {
      const key = JSON.stringify(rule);
      const known = byCallers.get(key) ?? { rule, paths: [] };
      known.paths.push(`/${method.parent.typeName}/${method.name}`);
      byCallers.set(key, known);
    }
  }
  const rules = [...byCallers.values()].map(
    ({ rule: { from, when }, paths }): Rule => ({
      from,
      to: [{ operation: { methods: ['POST'], paths } }],
      ...(when === undefined ? {} : { when }),
    }),
  );
  return resource('AuthorizationPolicy', service, {
    selector: { matchLabels: { app: service } },
    action: 'ALLOW',
    rules,
  });
}

/** Each of them lets a caller in: a front with whatever user the option asks for, or a named service. */
function rulesOf(method: DescMethod): Omit<Rule, 'to'>[] {
  const rule = accessRule(method);
  if (rule === undefined) return [];
  const principals = principalsOf(FRONTS);
  const signedIn = { source: { principals, requestPrincipals: [`${ISSUER}/*`] } };
  const roles = [...new Set(['admin', ...rule.roles])];
  return [
    ...(rule.public ? [{ from: [{ source: { principals } }] }] : []),
    ...(rule.customer && !rule.public ? [{ from: [signedIn] }] : []),
    ...(rule.roles.length > 0 && !rule.customer && !rule.public
      ? [{ from: [signedIn], when: [{ key: 'request.auth.claims[roles]', values: roles }] }]
      : []),
    ...(rule.services.length > 0
      ? [{ from: [{ source: { principals: principalsOf(rule.services) } }] }]
      : []),
  ];
}

/** As Istio writes them: the SPIFFE id without its scheme. */
function principalsOf(workloads: readonly string[]): string[] {
  return workloads.map((workload) => spiffeId(workload).replace('spiffe://', ''));
}

function resource(kind: string, name: string, spec: object): object {
  return { apiVersion: ISTIO, kind, metadata: { name, namespace: meshNamespace }, spec };
}

function file(resources: readonly object[]): string {
  const texts = resources.map((each) => stringify(each, { lineWidth: 120 }));
  return `# Made from the contracts by \`npm run gen\`; do not edit.\n${texts.join('---\n')}`;
}
