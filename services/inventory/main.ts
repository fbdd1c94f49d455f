import { createRuntime } from '#platform/runtime.ts';
import { runService } from '#platform/service/run-service.ts';
import type { Tables } from './adapters/tables.ts';
import { readInventoryConfig } from './config.ts';
import { createConsumers } from './consumers.ts';
import { migrations } from './migrations/all.ts';
import { createRpc } from './rpc.ts';
import { createWorkers } from './workers.ts';

const config = readInventoryConfig();
const runtime = await createRuntime();
const database = await runtime.database<Tables>(migrations);
const deps = { database, clock: runtime.clock, ids: runtime.ids };

await runService(runtime, {
  rpc: [createRpc(deps)],
  database,
  consumers: createConsumers(database, { ...deps, holdMs: config.RESERVATION_HOLD_SECONDS * 1_000 }),
  workers: createWorkers(database, { ...deps, everyMs: config.RESERVATION_SWEEP_SECONDS * 1_000 }),
});
