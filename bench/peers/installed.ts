import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../local/install/run.ts';
import type { Artefact } from '../../local/parts/part.ts';

/** Vendure (GPL-3.0), as it comes from npm. It is installed and called; nothing of it is part of this project. */
export const VENDURE = fromNpm('vendure', '3.7.3', ['@vendure/core'], { pg: '8.23.1' });

/** Medusa (MIT), as it comes from npm. */
export const MEDUSA = fromNpm('medusa', '2.21.2', [
  '@medusajs/cli',
  '@medusajs/framework',
  '@medusajs/medusa',
]);

/** A folder of its own, outside of the clone: a package.json with exact versions, npm's lock and what it installed. */
function fromNpm(
  peer: string,
  version: string,
  packages: readonly string[],
  besides: Readonly<Record<string, string>> = {},
): Artefact & { readonly version: string } {
  return {
    version,
    name: `peers-${peer}-${version}`,
    title: `${peer} ${version} from npm, to be measured beside`,
    async make(folder) {
      const dependencies = { ...Object.fromEntries(packages.map((name) => [name, version])), ...besides };
      const manifest = { name: `shopverse-peer-${peer}`, version: '0.0.0', private: true, dependencies };
      writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
      await run('npm', ['install', '--no-audit', '--no-fund', '--omit=dev', '--prefix', folder], {
        cwd: folder,
        nice: 10,
      });
    },
  };
}
