import { join } from 'node:path';
import { istiodConfig } from '../../discovery/publish.ts';
import { writeAtomically } from '../../files.ts';
import { isInstalled, placeOf } from '../../install/artefact.ts';
import { meshOf, publishMesh } from '../../mesh/manifests.ts';
import { accepts } from '../../supervisor/probes.ts';
import type { Part, Site, SystemProgram } from '../part.ts';
import { PYTHON } from '../python.ts';
import { ISTIOD, VERSION } from './build.ts';

const PATCH: SystemProgram = { program: 'patch', package: 'patch' };

/**
 * istiod on files alone, without Kubernetes. It is built in the background once a machine, so it has no process until its
 * binary is there.
 */
export const istiod: Part = {
  name: 'istiod',
  programs: [PATCH, PYTHON],
  units: (site) => {
    if (!isInstalled(site.stack.cache, ISTIOD)) return [];
    const home = join(site.stack.state, 'istiod');
    const { istiodGrpc, istiodHttp, istiodMonitoring } = site.stack.ports;
    return [
      {
        name: 'istiod',
        version: VERSION,
        port: istiodGrpc,
        needs: [],
        command: {
          file: join(placeOf(site.stack.cache, ISTIOD), 'istiod'),
          args: [
            ...['discovery', '--registries=', `--configDir=${istiodConfig(site.stack.state)}`],
            ...[
              `--meshConfig=${join(home, 'mesh.yaml')}`,
              `--grpcAddr=127.0.0.1:${istiodGrpc}`,
              '--secureGRPCAddr=',
            ],
            ...[`--httpAddr=127.0.0.1:${istiodHttp}`, '--httpsAddr=', '--ctrlz_port=0'],
            ...[`--monitoringAddr=127.0.0.1:${istiodMonitoring}`, '--log_output_level=default:warn'],
          ],
          cwd: home,
          env: {
            ENABLE_CA_SERVER: 'false',
            // A plain Envoy rejects every cluster that carries the metadata exchange filter.
            PILOT_ENABLE_METADATA_EXCHANGE: 'false',
            POD_NAMESPACE: 'istio-system',
            POD_NAME: 'istiod-local',
            REVISION: 'default',
            GOMEMLIMIT: '160MiB',
          },
        },
        prepare: async () => prepare(site, home),
        // Its /ready never answers without Kubernetes.
        ready: () => accepts(istiodGrpc),
      },
    ];
  },
};

function prepare(site: Site, home: string): void {
  writeAtomically(
    join(home, 'mesh.yaml'),
    `trustDomain: cluster.local
rootNamespace: istio-system
defaultConfig:
  discoveryAddress: 127.0.0.1:${site.stack.ports.istiodGrpc}
`,
  );
  publishMesh(join(istiodConfig(site.stack.state), 'mesh'), meshOf(site.stack));
}
