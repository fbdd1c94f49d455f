import { create, type DescFile, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { file_google_rpc_error_details } from '#gen/google/rpc/error_details_pb.ts';
import { file_google_rpc_status } from '#gen/google/rpc/status_pb.ts';
import type { EdgeMethod } from './edge-methods.ts';
import { LARGEST_REQUEST } from './limits.ts';
import { extension } from './typed.ts';

/**
 * REST in JSON, by each method's `google.api.http`. A request becomes the gRPC call that it stands for before anything
 * decides on it, so that token, roles, limits and time are that method's; a method without a route has none here either.
 * Refusals come as google.rpc.Status with their details, under the HTTP status that fits the code.
 */
export function restFilter(contracts: readonly DescFile[], methods: readonly EdgeMethod[]): object {
  return extension(
    'envoy.filters.http.grpc_json_transcoder',
    'envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder',
    {
      proto_descriptor_bin: Buffer.from(toBinary(FileDescriptorSetSchema, descriptorSet(contracts))).toString(
        'base64',
      ),
      services: [...new Set(methods.map(({ method }) => method.parent.typeName))],
      convert_grpc_status: true,
      query_param_unescape_plus: true,
      request_validation_options: { reject_unknown_query_parameters: true },
      max_request_body_size: LARGEST_REQUEST,
      max_response_body_size: LARGEST_REQUEST,
    },
  );
}

/** These files and all that they import, each after what it needs, and the types that errors' details have. */
function descriptorSet(contracts: readonly DescFile[]) {
  const files = new Map<string, DescFile>();
  const add = (file: DescFile): void => {
    if (files.has(file.name)) return;
    file.dependencies.forEach(add);
    files.set(file.name, file);
  };
  [...contracts, file_google_rpc_status, file_google_rpc_error_details].forEach(add);
  return create(FileDescriptorSetSchema, { file: [...files.values()].map(({ proto }) => proto) });
}
