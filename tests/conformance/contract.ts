import { readFileSync } from 'node:fs';
import {
  create,
  createFileRegistry,
  type DescFile,
  fromBinary,
  type Registry,
  setExtension,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema, MethodOptionsSchema } from '@bufbuild/protobuf/wkt';
import { AccessSchema, access } from '#gen/shopverse/options/v1/options_pb.ts';

/** The suite's service as a contract of the platform: open to anybody, and without the streams of requests that none has. */
export type ConformanceContract = { readonly registry: Registry; readonly files: readonly DescFile[] };

/** Reads the suite's descriptors. */
export function readContract(path: string): ConformanceContract {
  const set = fromBinary(FileDescriptorSetSchema, readFileSync(path));
  for (const service of set.file.flatMap((file) => file.service)) {
    service.method = service.method.filter(({ clientStreaming }) => !clientStreaming);
    for (const method of service.method) {
      method.options ??= create(MethodOptionsSchema);
      setExtension(method.options, access, create(AccessSchema, { public: true }));
    }
  }
  const registry = createFileRegistry(set);
  return { registry, files: [...registry.files].filter((file) => file.services.length > 0) };
}
