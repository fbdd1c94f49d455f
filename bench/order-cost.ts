import { execFile } from 'node:child_process';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { openKafkaVolume } from '../local/replay/kafka-volume.ts';
import { openStack } from '../local/stack.ts';
import { conditions, round } from './open-loop.ts';
import { partsCpu } from './parts-cpu.ts';

// What one order costs the running stack: CPU by part (what the part uses when idle taken off), SQL statements by
// database, records by topic. Real baskets are replayed through the edge at a fixed rate. One JSON line; STATEMENTS=N
// lists the N most frequent statements of each database as well.
const rate = Number(process.env.RATE ?? 10);
const orders = Number(process.env.ORDERS ?? 200);
const listed = Number(process.env.STATEMENTS ?? 0);
const IDLE_MS = 8_000;
/** Long enough for the last orders' facts to have come to ClickHouse. */
const AFTERMATH_MS = 3_000;

const stack = openStack({});
const admin = new pg.Client({ connectionString: stackCoordinates().postgres.adminUrl });
await admin.connect();
const kafka = await openKafkaVolume(stack);
try {
  await admin.query('select pg_stat_statements_reset()');
  const load = loadavg()[0];
  const idle = await measured(() => sleep(IDLE_MS));
  await admin.query('select pg_stat_statements_reset()');
  const busy = await measured(async () => {
    const { stdout } = await promisify(execFile)('./shopverse', [
      ...['replay', '--json', '--orders', String(orders), '--rate', String(rate), '--at-once', '512'],
    ]);
    await sleep(AFTERMATH_MS);
    return JSON.parse(stdout.slice(stdout.indexOf('{')));
  });
  const perOrder = (name: string) => {
    const resting = ((idle.cpu.get(name) ?? 0) / idle.ms) * busy.ms;
    return ((busy.cpu.get(name) ?? 0) - resting) / orders;
  };
  const cpu = [...busy.cpu.keys()].map((name) => [name, round(perOrder(name))] as const);
  const statements = await statementsByDatabase();
  console.log(
    JSON.stringify({
      bench: 'order-cost',
      cpuMsPerOrder: round(cpu.reduce((sum, [, ms]) => sum + ms, 0)),
      byPart: Object.fromEntries(cpu.filter(([, ms]) => ms >= 0.05).sort((a, b) => b[1] - a[1])),
      idleCores: round([...idle.cpu.values()].reduce((sum, ms) => sum + ms, 0) / idle.ms),
      statementsPerOrder: Object.fromEntries(
        statements.map(({ name, calls }) => [name, round(calls / orders)]),
      ),
      postgresMsPerOrder: Object.fromEntries(statements.map(({ name, ms }) => [name, round(ms / orders)])),
      recordsPerOrder: Object.fromEntries(busy.records.map(([topic, n]) => [topic, round(n / orders)])),
      ...{ replay: busy.result, rate, orders, ...conditions(load) },
    }),
  );
  if (listed > 0) await list();
} finally {
  await admin.end();
  await kafka.close();
}

async function measured<T>(work: () => Promise<T>) {
  const [before, records, began] = [partsCpu(stack), await kafka.byTopic(), performance.now()];
  const result = await work();
  const ms = performance.now() - began;
  const now = await kafka.byTopic();
  const cpu = new Map([...partsCpu(stack)].map(([name, used]) => [name, used - (before.get(name) ?? 0)]));
  const grown = [...now].map(([topic, n]) => [topic, n - (records.get(topic) ?? 0)] as const);
  return { result, ms, cpu, records: grown.filter(([, n]) => n > 0) };
}

async function statementsByDatabase() {
  const { rows } = await admin.query<{ name: string; calls: string; ms: number }>(
    `select datname as name, sum(calls) as calls, sum(total_exec_time) as ms
     from pg_stat_statements s join pg_database d on d.oid = s.dbid where datname <> 'postgres' group by 1 order by 2 desc`,
  );
  return rows.map((row) => ({ ...row, calls: Number(row.calls) }));
}

async function list(): Promise<void> {
  const { rows } = await admin.query(
    `select * from (select datname as database, calls, round(total_exec_time::numeric, 1) as ms,
       left(regexp_replace(query, '\\s+', ' ', 'g'), 170) as statement,
       row_number() over (partition by datname order by calls desc) as place
     from pg_stat_statements s join pg_database d on d.oid = s.dbid where datname <> 'postgres') t
     where place <= $1 order by database, place`,
    [listed],
  );
  for (const { database, calls, ms, statement } of rows) {
    console.error(`${database}\t${(calls / orders).toFixed(2)}\t${ms}\t${statement}`);
  }
}
