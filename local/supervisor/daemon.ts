import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeCoordinates } from '../coordinates.ts';
import type { Mode } from '../discovery/envoy-clusters.ts';
import { istiodConfig, publish, publishedMode } from '../discovery/publish.ts';
import { type Instance, renderXdsBootstrap } from '../discovery/workloads.ts';
import { writeIfChanged } from '../files.ts';
import { takeLock } from '../install/lock.ts';
import { edgePolicies, ledTo } from '../mesh/edge-policy.ts';
import { meshOf, publishMesh } from '../mesh/manifests.ts';
import { plannedInstances, planUnits } from '../plan.ts';
import { openSecrets } from '../secrets.ts';
import { OWNERS } from '../services/catalogue.ts';
import { issueIdentities } from '../services/identity.ts';
import { openStack } from '../stack.ts';
import { serveControl, socketPath } from './control.ts';
import { leftovers } from './leftovers.ts';
import { rotateLogs } from './logs.ts';
import { Supervisor } from './supervisor.ts';

/** How often the plan is made anew without being asked: istiod's binary may have come, a service may have been written. */
const REPLAN_MS = 5_000;

/** Announcements follow changes; this catches one that was held back. */
const ANNOUNCE_MS = 1_000;
/** The longest that announcements are held back for processes that were found running. */
const ADOPTION_MS = 10_000;

/** The detached process that owns the stack. It ends when the stack is stopped, or hands over to a newer one. */
async function main(): Promise<void> {
  const stack = openStack();
  mkdirSync(stack.state, { recursive: true });
  const lock = join(stack.state, 'supervisor.lock');
  if (!takeLock(lock)) throw new Error('Another supervisor owns this state directory.');
  const site = { stack, secrets: openSecrets(stack.state) };
  const inherited = leftovers(stack.state);
  let mesh = meshOf(stack);
  let led = ledTo(mesh);
  let mode: Mode = inherited.includes('istiod') ? publishedMode(stack.state) : 'static';
  const adoptedBy = Date.now() + (inherited.length > 0 ? ADOPTION_MS : 0);

  const supervisor = new Supervisor(stack.state, () => announce());
  const announce = () => {
    // Until what an earlier supervisor left has been looked at, what that one announced is truer than that nobody serves.
    if (Date.now() < adoptedBy && supervisor.adopting()) return;
    const serving = new Set(supervisor.serving().map((unit) => unit.name));
    if (serving.has('istiod')) mode = 'xds';
    const instances: Instance[] = plannedInstances(site)
      // The payment provider is not of the mesh: it stands for somebody else's.
      .filter(({ service, instance }) => OWNERS.includes(service) && serving.has(instance))
      .map(({ instance, ...rest }) => ({ ...rest, name: instance }));
    publish(stack, mode, OWNERS, instances, edgePolicies(mesh, led));
  };
  const followMesh = () => {
    mesh = meshOf(stack);
    // What routes led to a moment ago they may still do.
    led = new Set([...led, ...ledTo(mesh)]);
    publishMesh(join(istiodConfig(stack.state), 'mesh'), mesh);
  };
  const replan = () => {
    issueIdentities(stack.state, OWNERS);
    for (const { service, ...which } of plannedInstances(site)) {
      const { instance } = which;
      const bootstrap = renderXdsBootstrap(service, which, stack.ports.istiodGrpc);
      writeIfChanged(join(stack.state, 'xds', `${instance}.json`), bootstrap);
    }
    writeCoordinates(site);
    supervisor.manage(planUnits(site));
  };

  replan();
  announce();
  const server = await serveControl(socketPath(stack.state), {
    status: (what) => ({
      mode,
      pid: process.pid,
      version: process.env.SHOPVERSE_LOCAL_VERSION,
      units: supervisor.status({ memory: what === 'memory' }),
    }),
    replan: () => {
      followMesh();
      replan();
      announce();
      supervisor.resettle();
    },
    restart: (name) => supervisor.restart(name),
    kill: (name) => supervisor.kill(name),
    stop: () => supervisor.stop(),
    handOver: () => {
      setTimeout(() => process.exit(0), 50); // the answer goes out first
    },
  });
  const timers = [
    setInterval(() => attempt('planning', replan), REPLAN_MS),
    setInterval(() => attempt('announcing', announce), ANNOUNCE_MS),
    setInterval(() => attempt('rotating the logs', () => rotateLogs(join(stack.state, 'logs'))), 30_000),
  ];
  process.on('SIGTERM', () => supervisor.stop());
  await supervisor.run();
  for (const timer of timers) clearInterval(timer);
  server.close();
  rmSync(socketPath(stack.state), { force: true });
  rmSync(lock, { force: true });
}

/** A broken file that somebody is just writing must not take the stack down. */
function attempt(what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    console.error(`${new Date().toISOString()} ${what} failed: ${(error as Error).message}`);
  }
}

await main();
