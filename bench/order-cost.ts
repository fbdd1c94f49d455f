import { execFile } from 'node:child_process';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { stackCoordinates } from '#platform/testing/stack.ts';
import { openKafkaVolume } from '../local/replay/kafka-volume.ts';
import { openStack } from '../local/stack.ts';
import { conditions, round } from './open-loop.ts';
import { costOf, perPiece } from './parts-cpu.ts';

// What one order costs the running stack: CPU by part (what the part uses when idle taken off), SQL statements by
// database, records by topic. Real baskets are replayed through the edge at a fixed rate. One JSON line; STATEMENTS=N
// lists the N most frequent statements of each database as well.
const rate = Number(process.env.RATE ?? 10);
const orders = Number(process.env.ORDERS ?? 200);
const listed = Number(process.env.STATEMENTS ?? 0);
/** Long enough for the last orders' facts to have come to ClickHouse. */
const AFTERMATH_MS = 3_000;

const stack = openStack({});
const admin = new pg.Client({ connectionString: stackCoordinates().postgres.adminUrl });
await admin.connect();
const kafka = await openKafkaVolume(stack);
try {
  const load = loadavg()[0];
  const cost = await costOf(stack, async () => {
    await admin.query('select pg_stat_statements_reset()');
    const before = await kafka.byTopic();
    const { stdout } = await promisify(execFile)('./shopverse', [
      ...['replay', '--json', '--orders', String(orders), '--rate', String(rate), '--at-once', '512'],
    ]);
    await sleep(AFTERMATH_MS);
    const records = Array.from(
      await kafka.byTopic(),
      ([topic, n]) => [topic, n - (before.get(topic) ?? 0)] as const,
    );
    return { records, replay: JSON.parse(stdout.slice(stdout.indexOf('{'))) };
  });
  const { sum, byPart } = perPiece(cost.cpu, orders);
  const { records, replay } = cost.result;
  const statements = await statementsByDatabase();
  console.log(
    JSON.stringify({
      bench: 'order-cost',
      ...{ cpuMsPerOrder: sum, byPart, idleCores: round(cost.idleCores) },
      statementsPerOrder: Object.fromEntries(
        statements.map(({ name, calls }) => [name, round(calls / orders)]),
      ),
      postgresMsPerOrder: Object.fromEntries(statements.map(({ name, ms }) => [name, round(ms / orders)])),
      recordsPerOrder: Object.fromEntries(
        records.filter(([, n]) => n > 0).map(([topic, n]) => [topic, round(n / orders)]),
      ),
      ...{ replay, rate, orders, ...conditions(load) },
    }),
  );
  if (listed > 0) await list();
} finally {
  await admin.end();
  await kafka.close();
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
