import type { Site, Unit } from '../parts/part.ts';
import { instancePorts } from '../ports.ts';
import { answers } from '../supervisor/probes.ts';
import type { ServiceFacts } from './catalogue.ts';
import { environment } from './environment.ts';

/** How long a service that is about to stop goes on serving after discovery has dropped it: callers need to hear of it. */
const DRAIN_MS = 1_500;
const GRACE_MS = 25_000;

/** The nth instance of a service as a process. */
export function instanceUnit(site: Site, facts: ServiceFacts, n: number): Unit {
  const name = `${facts.name}-${n}`;
  const ports = instancePorts(site.stack.ports.base, facts.name, n);
  return {
    name,
    instanceOf: facts.name,
    version: 'clone',
    port: ports.grpc,
    needs: facts.needs,
    command: {
      file: process.execPath,
      args: [`--max-old-space-size=${facts.heapMb}`, '--max-semi-space-size=16', facts.main],
      cwd: site.stack.root,
      env: environment(site, facts, name, ports),
    },
    ready: () => answers(`http://127.0.0.1:${ports.http}/readyz`),
    drainMs: DRAIN_MS,
    graceMs: GRACE_MS,
  };
}
