import { createRuntime } from '#platform/runtime.ts';
import { runService } from '#platform/service/run-service.ts';
import type { PaymentTables } from './adapters/tables.ts';
import { readPaymentConfig } from './config.ts';
import { migrations } from './migrations/all.ts';
import { paymentService } from './service.ts';

const config = readPaymentConfig();
const runtime = await createRuntime();
const database = await runtime.database<PaymentTables>(migrations);

await runService(runtime, paymentService(runtime, database, config));
