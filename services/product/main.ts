import type { Kysely } from 'kysely';
import { createRuntime } from '#platform/runtime.ts';
import { runService } from '#platform/service/run-service.ts';
import { createSearch } from './adapters/search.ts';
import type { ProductTables } from './adapters/tables.ts';
import { readProductConfig } from './config.ts';
import { migrations } from './migrations/all.ts';
import { createRpc } from './rpc.ts';

const config = readProductConfig();
const runtime = await createRuntime();
const database = await runtime.database<ProductTables>(migrations);

await runService(runtime, {
  rpc: [createRpc({ database, clock: runtime.clock, ids: runtime.ids, currency: config.SHOP_CURRENCY })],
  database,
  warm: async () => {
    await createSearch(database.db as unknown as Kysely<ProductTables>).correct(['warm']);
  },
});
