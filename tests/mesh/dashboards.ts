import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One of a dashboard's queries, with its variables filled in. */
export type Query = { readonly dashboard: string; readonly panel: string; readonly expr: string };

/** What a query came to; `reason` says why it can't come to anything here. */
export type Asked = Query & { readonly series: number; readonly reason: string | undefined };

type Panel = {
  readonly title?: string;
  readonly targets?: readonly { readonly expr?: string }[];
  readonly panels?: readonly Panel[];
};

const FOLDER = join(import.meta.dirname, '../../third_party/istio/dashboards');

/** What a viewer chose: a service and a workload that both is called and calls, and otherwise everything. */
const CHOSEN: Readonly<Record<string, string>> = {
  __rate_interval: '1m',
  service: 'product.shopverse.svc.cluster.local',
  workload: 'gateway',
  namespace: 'shopverse',
  // The dashboards' own choice.
  qrep: 'destination',
};

/** Every query of Istio's mesh, service and workload dashboards, once. */
export function dashboardQueries(): Query[] {
  const found = globSync('*.json', { cwd: FOLDER })
    .sort()
    .flatMap((file) => {
      const { title, panels } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as {
        title: string;
        panels: Panel[];
      };
      return panels.flatMap((panel) => queriesOf(title, panel));
    });
  return [...new Map(found.map((query) => [`${query.dashboard} ${query.expr}`, query])).values()];
}

/** Asks Prometheus. A value that is no number counts for nothing. */
export async function ask(prometheus: string, query: Query): Promise<Asked> {
  const url = new URL('/api/v1/query', prometheus);
  url.searchParams.set('query', query.expr);
  const response = await fetch(url);
  const { data, error } = (await response.json()) as {
    data?: { result: { value: [number, string] }[] };
    error?: string;
  };
  if (data === undefined) throw new Error(`${query.panel}: ${error}`);
  const series = data.result.filter(({ value: [, value] }) => value !== 'NaN').length;
  return { ...query, series, reason: emptyBecause(query.expr) };
}

/** Why a query has nothing to show here, whatever goes on; undefined when it has. */
export function emptyBecause(expr: string): string | undefined {
  const bySource = expr.includes('reporter="source"');
  if (expr.includes('istio_tcp_')) return 'every service speaks gRPC, none bare TCP';
  if (bySource && expr.includes('connection_security_policy="mutual_tls"'))
    return 'as in Istio, a caller reports its connection’s security as unknown; only the called one tells';
  if (bySource && expr.includes('destination_principal!~"spiffe.*"'))
    return 'a caller knows by certificate whom it called, always';
  if (!bySource && /connection_security_policy!="mutual_tls"/.test(expr))
    return 'there is no call without mutual TLS';
  return undefined;
}

function queriesOf(dashboard: string, { title = '', targets = [], panels = [] }: Panel): Query[] {
  const own = targets.flatMap(({ expr }) =>
    expr === undefined
      ? []
      : [
          {
            dashboard,
            panel: title,
            expr: expr.replaceAll(/\$(\w+)/g, (_, name: string) => CHOSEN[name] ?? '.*'),
          },
        ],
  );
  return [...own, ...panels.flatMap((panel) => queriesOf(dashboard, panel))];
}
