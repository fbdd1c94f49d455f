import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createFileRegistry, type DescFile, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** The clone. */
export const root = resolve(import.meta.dirname, '..');

/** Runs Buf in the clone and returns what it printed. Throws an Error whose `stdout` and `stderr` say what it found. */
export function buf(args: readonly string[], cwd = root): Buffer {
  const bin = join(root, 'node_modules/.bin');
  return execFileSync(join(bin, 'buf'), args, {
    cwd,
    // Buf looks for the plugin on the path.
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 256 * 1024 * 1024,
  });
}

/** The platform's own contracts as they are written, with their comments, by path. */
export function describedContracts(): DescFile[] {
  const set = fromBinary(
    FileDescriptorSetSchema,
    buf(['build', '--as-file-descriptor-set', '-o', '-#format=binpb']),
  );
  return [...createFileRegistry(set).files]
    .filter((file) => file.proto.package.startsWith('shopverse.'))
    .sort((a, b) => a.name.localeCompare(b.name));
}
