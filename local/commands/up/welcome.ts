import { openSecrets, secretsUnder } from '../../secrets.ts';
import { ADMINISTRATOR } from '../../services/environment.ts';
import type { Stack } from '../../stack.ts';
import type { SupervisorStatus } from '../../supervisor/client.ts';

/** What `up` ends with: what runs, and where to look. */
export function renderWelcome(stack: Stack, status: SupervisorStatus, tookMs: number): string {
  const up = status.units.filter((unit) => unit.phase === 'up').length;
  const memory = status.units.reduce((sum, unit) => sum + unit.memory, 0);
  const { ports } = stack;
  const secrets = openSecrets(stack.state);
  const rows: [string, string][] = [
    ['The edge (gRPC, gRPC-Web, Connect, REST)', `http://127.0.0.1:${ports.edge}`],
    ['The API, with a page to try it', `http://127.0.0.1:${ports.edge}/docs`],
    ['Traces', `http://127.0.0.1:${ports.zipkin}/zipkin/`],
    ['Metrics', `http://127.0.0.1:${ports.prometheus}`],
    ['Stream jobs', `http://127.0.0.1:${ports.flinkRest}`],
    ['The edge from within', `http://127.0.0.1:${ports.envoyAdmin}`],
    ['Postgres', `127.0.0.1:${ports.postgres}, a database and a role a service`],
    ['Kafka', `127.0.0.1:${ports.kafka}`],
    ['ClickHouse', `http://127.0.0.1:${ports.clickhouseHttp}, users writer and reader`],
    ['Redis', `127.0.0.1:${ports.redis}`],
    ['Accounts', `${ADMINISTRATOR}, ${secrets('user/administrator')}`],
    ...Object.entries(secretsUnder(stack.state, 'people/')).map(([person, password]): [string, string] => [
      '',
      `${person}@shopverse.local, ${password}`,
    ]),
    ['Passwords', `${stack.state}/secrets.json; all coordinates in stack.json beside it`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const took = tookMs > 1_000 ? ` after ${(tookMs / 1000).toFixed(1)} s` : '';
  return [
    `${up} of ${status.units.length} processes are up${took}, in ${(memory / 2 ** 20).toFixed(0)} MB.`,
    '',
    ...rows.map(([name, where]) => `  ${name.padEnd(width)}  ${where}`),
    '',
    '  ./shopverse status shows each part, ./shopverse help the other commands.',
  ].join('\n');
}
