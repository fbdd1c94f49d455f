import { type DescFile, type DescMethod, type DescService, getOption, hasOption } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt';
import { http } from '#gen/google/api/annotations_pb.ts';
import { Idempotency, idempotency } from '#gen/shopverse/options/v1/options_pb.ts';
import { accessRule } from '#platform/auth/access.ts';
import { edgeMethods } from '../../gateway/envoy/edge-methods.ts';
import { domainOf } from '../contracts.ts';
import { cell, commentOf } from './comment.ts';

/** docs/rpcs.md: every method, who may call it, how repeats are told, and whether the edge carries it. */
export function rpcsPage(contracts: readonly DescFile[]): string {
  const exposed = new Set(edgeMethods(contracts).map(({ path }) => path));
  const services = contracts.flatMap((file) =>
    file.services.map((service) => ({ domain: domainOf(file), service })),
  );
  return `${introduction}
${services.map(({ domain, service }) => section(domain, service, exposed)).join('\n\n')}
`;
}

const introduction = `# RPCs

Made from the contracts by \`npm run gen\`; do not edit.

**Who may call**: anybody (with or without a token), customers (any signed-in user, for what is their own), holders of a
role (an administrator has every role), or workloads of services. One that matches suffices.
**A repeat**: "reads" changes nothing; "same effect" may be sent again as it is; "request id" gets the first answer again,
and another body under the same id is refused; "new act" happens again.
**Edge**: whether Envoy routes it for clients, over gRPC, gRPC-Web and Connect; the rest is only called inside. All but
new acts and streams are made once more by edge and mesh when nobody answered. "stream" is a stream of answers. **REST** is the path by which JSON clients call
it; [openapi.json](openapi.json) has the whole of it.
`;

function section(domain: string, service: DescService, exposed: ReadonlySet<string>): string {
  const where =
    domain === 'platform' ? 'every service; through the edge with `x-shopverse-service: <name>`' : domain;
  return `## ${service.name}

${commentOf(service)} Package \`${service.file.proto.package}\`, served by ${where}.

| Method | Who may call | A repeat | Edge | REST | What |
|---|---|---|---|---|---|
${service.methods.map((method) => row(method, exposed)).join('\n')}`;
}

function row(method: DescMethod, exposed: ReadonlySet<string>): string {
  const path = `/${method.parent.typeName}/${method.name}`;
  const carried = exposed.has(path) ? (method.methodKind === 'unary' ? 'yes' : 'stream') : '–';
  return `| ${method.name} | ${who(method)} | ${repeat(method)} | ${carried} | ${rest(method)} | ${cell(commentOf(method))} |`;
}

function who(method: DescMethod): string {
  const rule = accessRule(method);
  if (!rule) return 'nobody';
  if (rule.public) return 'anybody';
  return [
    ...(rule.customer ? ['customers'] : []),
    ...(rule.roles.length > 0 ? [`roles ${rule.roles.join(', ')}`] : []),
    ...(rule.services.length > 0 ? [`services ${rule.services.join(', ')}`] : []),
  ].join('; ');
}

function repeat(method: DescMethod): string {
  if (getOption(method, idempotency) === Idempotency.REQUEST_ID) return 'request id';
  if (method.idempotency === Level.NO_SIDE_EFFECTS) return 'reads';
  return method.idempotency === Level.IDEMPOTENT ? 'same effect' : 'new act';
}

function rest(method: DescMethod): string {
  if (!hasOption(method, http)) return '';
  const { pattern } = getOption(method, http);
  if (pattern.case === undefined || pattern.case === 'custom') return '';
  return `\`${pattern.case.toUpperCase()} ${pattern.value}\``;
}
