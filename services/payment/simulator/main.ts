import { readSimulatorConfig } from './config.ts';
import { startSimulator } from './simulator.ts';

/** One JSON line, as the services log; the simulator is no part of the shop and shares nothing else with it. */
function log(message: string, fields: object): void {
  const time = new Date().toISOString();
  process.stdout.write(
    `${JSON.stringify({ time, level: 'info', service: 'payment-simulator', msg: message, ...fields })}\n`,
  );
}

const simulator = await startSimulator(readSimulatorConfig(), log);
log('serving', { port: simulator.port });

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    simulator.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
