import type { Ports } from '../../ports.ts';
import { LOOPBACK_REPORTER } from './loopback-reporter.ts';

/** What differs between the two processes of the cluster: where each shows its metrics, and its folder for passing files. */
export type FlinkProcess = { readonly metricsPort: number; readonly temporary: string };

/**
 * config.yaml of a process of the session cluster whose folder is `home`. Low heartbeats: a killed worker is noticed
 * within 8 s. A worker's RPC port is any free one, so that its successor can't be taken for it: what is still sent to the
 * dead worker would reach the new one, and a slot asked for there is waited for in vain until the request times out.
 */
export function renderFlink(ports: Ports, home: string, { metricsPort, temporary }: FlinkProcess): string {
  return `jobmanager:
  bind-host: 127.0.0.1
  rpc: { address: 127.0.0.1, port: ${ports.flinkRpc} }
taskmanager:
  bind-host: 127.0.0.1
  host: 127.0.0.1
  data: { port: ${ports.flinkWorkerData} }
  numberOfTaskSlots: 6
  cpu: { cores: 2.0 }
  memory:
    task: { heap: { size: 160m }, off-heap: { size: 0m } }
    framework: { heap: { size: 64m }, off-heap: { size: 64m } }
    network: { min: 24m, max: 24m }
    managed: { size: 8m }
    jvm-metaspace: { size: 160m }
    jvm-overhead: { min: 64m, max: 64m }
rest: { address: 127.0.0.1, bind-address: 127.0.0.1, port: ${ports.flinkRest} }
blob: { server: { port: ${ports.flinkBlob} } }
web: { tmpdir: ${temporary}, submit: { enable: true } }
io: { tmp: { dirs: ${temporary} } }
cluster: { registration: { error-delay: 1000 } }
heartbeat: { interval: 2000, timeout: 8000 }
slot: { request: { timeout: 15000 } }
restart-strategy: { type: fixed-delay, fixed-delay: { attempts: 2147483647, delay: 500ms } }
execution:
  checkpointing:
    interval: 1s
    min-pause: 500ms
    timeout: 60s
    dir: 'file://${home}/checkpoints'
    externalized-checkpoint-retention: RETAIN_ON_CANCELLATION
metrics:
  reporters: prom
  reporter:
    prom: { factory.class: ${LOOPBACK_REPORTER}, port: '${metricsPort}' }
`;
}
