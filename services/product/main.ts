import { createRuntime } from '#platform/runtime.ts';
import { runService } from '#platform/service/run-service.ts';
import { createSearchFeed } from './adapters/search-feed.ts';
import type { ProductTables } from './adapters/tables.ts';
import { readProductConfig } from './config.ts';
import { migrations } from './migrations/all.ts';
import { createRpc } from './rpc.ts';

const config = readProductConfig();
const runtime = await createRuntime();
const database = await runtime.database<ProductTables>(migrations);
const { clock, ids } = runtime;
const search = createSearchFeed(database.db);

await runService(runtime, {
  rpc: [createRpc({ database, clock, ids, currency: config.SHOP_CURRENCY, index: search.current })],
  database,
  workers: [search.worker],
  warm: search.load,
});
