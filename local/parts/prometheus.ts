import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../files.ts';
import { located } from '../install/programs.ts';
import type { Ports } from '../ports.ts';
import { answers } from '../supervisor/probes.ts';
import type { Part, SystemProgram } from './part.ts';

const PROMETHEUS: SystemProgram = { program: 'prometheus', package: 'prometheus' };

/** Prometheus: the parts at their ports, the services from a file that follows discovery. */
export const prometheus: Part = {
  name: 'prometheus',
  programs: [PROMETHEUS],
  units: ({ stack }) => {
    const home = join(stack.state, 'prometheus');
    const config = join(home, 'prometheus.yml');
    const port = stack.ports.prometheus;
    return [
      {
        name: 'prometheus',
        version: '2.42',
        port,
        needs: [],
        command: {
          file: located(PROMETHEUS),
          args: [
            `--config.file=${config}`,
            `--storage.tsdb.path=${join(home, 'data')}`,
            '--storage.tsdb.retention.time=2d',
            '--storage.tsdb.retention.size=256MB',
            `--web.listen-address=127.0.0.1:${port}`,
            '--web.enable-lifecycle',
          ],
          cwd: home,
          givesWay: true,
        },
        prepare: async () => {
          mkdirSync(home, { recursive: true });
          const template = readFileSync(join(stack.root, 'observability/prometheus.yml'), 'utf8');
          writeAtomically(config, renderConfig(template, stack.ports, stack));
        },
        ready: () => answers(`http://127.0.0.1:${port}/-/ready`),
      },
    ];
  },
};

/** The template with `{port NAME}`, `{state}` and `{root}` filled in. Throws when it names a port that there is not. */
export function renderConfig(template: string, ports: Ports, where: { state: string; root: string }): string {
  return template
    .replaceAll(/\{port (\w+)\}/g, (_, name: string) => {
      const port = (ports as Record<string, number>)[name];
      if (port === undefined)
        throw new Error(`observability/prometheus.yml names "${name}", which is no port.`);
      return String(port);
    })
    .replaceAll('{state}', where.state)
    .replaceAll('{root}', where.root);
}
