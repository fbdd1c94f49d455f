import { type DescField, type DescFile, type DescMethod, getOption, hasOption } from '@bufbuild/protobuf';
import { http } from '#gen/google/api/annotations_pb.ts';
import {
  type EdgeMethod,
  EVERY_SERVICE,
  edgeMethods,
  SERVICE_HEADER,
} from '../../gateway/envoy/edge-methods.ts';
import { domainOf } from '../contracts.ts';
import { commentOf, firstSentence } from './comment.ts';
import { fieldSchema, messageSchema, objectOf, type Schema, type Schemas } from './openapi-schema.ts';

/** How a method is called over REST: a verb, a path with the fields it takes, and where the other fields go. */
type RestMethod = {
  readonly verb: string;
  readonly path: string;
  /** `*` for all fields that aren't in the path, a field's name, or nothing. */
  readonly body: string;
};

/** docs/openapi.json: what the edge serves as REST, in OpenAPI 3.1. Needs descriptors with source info. */
export function openApi(contracts: readonly DescFile[]): string {
  const schemas: Schemas = new Map([['google.rpc.Status', status]]);
  const paths: Record<string, Record<string, Schema>> = {};
  for (const edge of edgeMethods(contracts)) {
    const rest = restMethod(edge.method);
    if (rest === undefined) continue;
    paths[rest.path] = { ...paths[rest.path], [rest.verb]: operation(edge, rest, schemas) };
  }
  const tags = contracts.flatMap(({ services }) =>
    services.map((service) => ({ name: service.name, description: commentOf(service) })),
  );
  const used = new Set(
    Object.values(paths).flatMap((verbs) => Object.values(verbs).flatMap(({ tags }) => tags)),
  );
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'ShopVerse',
      version: '1',
      description:
        'Made from the contracts. The same methods are served over gRPC, gRPC-Web and Connect, which also have the streams.',
    },
    servers: [{ url: '/' }],
    tags: tags.filter(({ name }) => used.has(name)),
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => a.localeCompare(b))),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'From UserService.LogIn.',
        },
      },
    },
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

function operation(edge: EdgeMethod, rest: RestMethod, schemas: Schemas): Schema {
  const { method } = edge;
  const inPath = [...rest.path.matchAll(/\{([\w.]+)\}/g)].map(([, name]) => name ?? '');
  const left = method.input.fields.filter(({ name }) => !inPath.includes(name));
  const inQuery = rest.body === '*' ? [] : left.filter(({ name }) => name !== rest.body);
  const fields = inQuery.flatMap((field) => queryFields(field, ''));
  const description = commentOf(method);
  return {
    operationId: `${method.parent.name}_${method.name}`,
    tags: [method.parent.name],
    summary: firstSentence(description),
    description: [
      description,
      ...(edge.roles.length > 0 ? [`For roles: ${edge.roles.join(', ')}.`] : []),
    ].join(' '),
    security: edge.open ? [{}, { token: [] }] : [{ token: [] }],
    parameters: [
      ...inPath.map((name) => ({
        ...{ name, in: 'path', required: true },
        schema: fieldSchema(fieldAt(method, name), schemas),
      })),
      ...fields.map(({ name, field }) => ({ name, in: 'query', schema: fieldSchema(field, schemas) })),
      ...(domainOf(method.parent.file) === EVERY_SERVICE
        ? [{ name: SERVICE_HEADER, in: 'header', required: true, schema: { type: 'string' } }]
        : []),
    ],
    ...(rest.body === '' ? {} : { requestBody: bodyOf(method, rest.body, left, schemas) }),
    responses: {
      200: answer('The answer.', messageSchema(method.output, schemas)),
      default: answer('A refusal.', { $ref: '#/components/schemas/google.rpc.Status' }),
    },
  };
}

function bodyOf(method: DescMethod, body: string, left: readonly DescField[], schemas: Schemas): Schema {
  const { input } = method;
  const rest = left.length === input.fields.length ? messageSchema(input, schemas) : objectOf(left, schemas);
  const schema = body === '*' ? rest : fieldSchema(fieldAt(method, body), schemas);
  return { required: true, content: { 'application/json': { schema } } };
}

function answer(description: string, schema: Schema): Schema {
  return { description, content: { 'application/json': { schema } } };
}

function restMethod(method: DescMethod): RestMethod | undefined {
  if (!hasOption(method, http)) return undefined;
  const { pattern, body } = getOption(method, http);
  if (pattern.case === undefined || pattern.case === 'custom') return undefined;
  return { verb: pattern.case, path: pattern.value, body };
}

/** The field that a path such as `product.product_id` leads to. */
function fieldAt(method: DescMethod, path: string): DescField {
  let message = method.input;
  let found: DescField | undefined;
  for (const name of path.split('.')) {
    found = message.fields.find((field) => field.name === name);
    if (found?.fieldKind === 'message') message = found.message;
  }
  if (found === undefined) throw new Error(`${method.name} has no field ${path}`);
  return found;
}

/** What a query can say of a field: itself, or the fields of a message, one level after the other. */
function queryFields(field: DescField, prefix: string): { name: string; field: DescField }[] {
  const name = `${prefix}${field.jsonName}`;
  const isObject = field.fieldKind === 'message' && !field.message.typeName.startsWith('google.protobuf.');
  if (isObject && prefix.split('.').length < 3) {
    return field.message.fields.flatMap((inner) => queryFields(inner, `${name}.`));
  }
  const fits =
    field.fieldKind !== 'map' && !isObject && !(field.fieldKind === 'list' && field.listKind === 'message');
  return fits ? [{ name, field }] : [];
}

/** google.rpc.Status, whose details say their own types. */
const status: Schema = {
  type: 'object',
  description: 'Why a call was refused.',
  properties: {
    code: { type: 'integer', format: 'int32', description: "gRPC's code." },
    message: { type: 'string' },
    details: {
      type: 'array',
      description: 'google.rpc.ErrorInfo with the reason; BadRequest with fields; RetryInfo.',
      items: { type: 'object', properties: { '@type': { type: 'string' } }, required: ['@type'] },
    },
  },
};
