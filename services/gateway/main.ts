import { createRuntime } from '#platform/runtime.ts';
import { runService } from '#platform/service/run-service.ts';
import { loadContracts } from '../../proto/contracts.ts';
import { createGroupWriter } from './adapters/group-writer.ts';
import { createKafkaBehaviourLog } from './adapters/kafka-behaviour-log.ts';
import { readGatewayConfig } from './config.ts';
import { connectEdge } from './connect/connect-edge.ts';
import { docsRoutes } from './docs-page.ts';
import { createRpc } from './rpc.ts';

const config = readGatewayConfig();
const runtime = await createRuntime();
const stopping = new AbortController();
const writer = createGroupWriter(() => runtime.kafka.producer(), {
  maxInFlight: config.BEHAVIOUR_MAX_IN_FLIGHT,
  maxRecords: 2_000,
  // Below the broker's megabyte a record batch, since one visit's events all go to one partition.
  maxBytes: 768 * 1024,
});
const log = createKafkaBehaviourLog({ writer, source: runtime, log: runtime.log, random: Math.random });

await runService(runtime, {
  rpc: [createRpc({ log, clock: runtime.clock })],
  routes: docsRoutes,
  front: connectEdge(await loadContracts(), runtime, stopping.signal),
  close: () => {
    stopping.abort();
    return writer.close();
  },
});
