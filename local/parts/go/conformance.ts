import { join } from 'node:path';
import { run } from '../../install/run.ts';
import { goProgram } from './go-program.ts';

const VERSION = 'v1.0.7';

/** Connect's conformance suite with its service's descriptors (`schema.binpb`): two minutes on an idle machine, once. */
export const CONFORMANCE = goProgram({
  name: 'connectconformance',
  title: 'Connect’s conformance suite',
  path: 'connectrpc.com/conformance/cmd/connectconformance',
  version: VERSION,
  beside: async (folder, modules) => {
    const protos = join(modules, `connectrpc.com/conformance@${VERSION}`, 'proto');
    const buf = join(import.meta.dirname, '../../../node_modules/.bin/buf');
    await run(buf, ['build', protos, '-o', join(folder, 'schema.binpb')]);
  },
});
