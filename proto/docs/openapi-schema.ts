import {
  type DescEnum,
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  ScalarType,
} from '@bufbuild/protobuf';
import { type FieldRules, field as rulesOption } from '#gen/buf/validate/validate_pb.ts';
import { commentOf } from './comment.ts';

/** A JSON Schema, as OpenAPI 3.1 has them. */
export type Schema = Readonly<Record<string, unknown>>;

/** Schemas of messages and enums by their full names, collected while they are referred to. */
export type Schemas = Map<string, Schema>;

/** Types whose JSON isn't an object of their fields. */
const WELL_KNOWN: Readonly<Record<string, Schema>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$' },
  'google.protobuf.FieldMask': { type: 'string', description: 'Names of fields, parted by commas.' },
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Value': {},
  'google.protobuf.Empty': { type: 'object' },
};

/** A message's schema, by reference. */
export function messageSchema(message: DescMessage, schemas: Schemas): Schema {
  const known = WELL_KNOWN[message.typeName];
  if (known !== undefined) return known;
  if (!schemas.has(message.typeName)) {
    // Held open first, for messages that hold themselves.
    schemas.set(message.typeName, {});
    schemas.set(message.typeName, { ...described(message), ...objectOf(message.fields, schemas) });
  }
  return { $ref: `#/components/schemas/${message.typeName}` };
}

/** An object of these fields. */
export function objectOf(fields: readonly DescField[], schemas: Schemas): Schema {
  const required = fields.filter((field) => rulesOf(field)?.required).map(({ jsonName }) => jsonName);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.jsonName, fieldSchema(field, schemas)])),
    ...(required.length === 0 ? {} : { required }),
  };
}

/** A field's schema with its description and rules. */
export function fieldSchema(field: DescField, schemas: Schemas): Schema {
  return { ...described(field), ...typeOf(field, schemas) };
}

function typeOf(field: DescField, schemas: Schemas): Schema {
  const rules = rulesOf(field);
  switch (field.fieldKind) {
    case 'message':
      return messageSchema(field.message, schemas);
    case 'enum':
      return enumSchema(field.enum, schemas);
    case 'scalar':
      return { ...scalarSchema(field.scalar), ...limits(rules) };
    case 'map': {
      const values =
        field.mapKind === 'message'
          ? messageSchema(field.message, schemas)
          : field.mapKind === 'enum'
            ? enumSchema(field.enum, schemas)
            : scalarSchema(field.scalar);
      return { type: 'object', additionalProperties: values };
    }
    case 'list': {
      const each = rules?.type.case === 'repeated' ? rules.type.value.items : undefined;
      const items =
        field.listKind === 'message'
          ? messageSchema(field.message, schemas)
          : field.listKind === 'enum'
            ? enumSchema(field.enum, schemas)
            : { ...scalarSchema(field.scalar), ...limits(each) };
      return { type: 'array', items, ...limits(rules) };
    }
    default:
      throw new TypeError(field satisfies never);
  }
}

function enumSchema(desc: DescEnum, schemas: Schemas): Schema {
  if (!schemas.has(desc.typeName)) {
    schemas.set(desc.typeName, {
      ...described(desc),
      type: 'string',
      enum: desc.values.map(({ name }) => name),
    });
  }
  return { $ref: `#/components/schemas/${desc.typeName}` };
}

function scalarSchema(type: ScalarType): Schema {
  switch (type) {
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.STRING:
      return { type: 'string' };
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64' };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: 'number' };
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      // JSON's numbers are too small for them.
      return { type: 'string', format: 'int64' };
    default:
      return { type: 'integer', format: 'int32' };
  }
}

/** The rules that JSON Schema has words for; the rest are checked all the same. */
function limits(rules: FieldRules | undefined): Schema {
  switch (rules?.type.case) {
    case 'string': {
      const { minLen, maxLen, pattern, wellKnown } = rules.type.value;
      return {
        ...numbers({ minLength: minLen, maxLength: maxLen }),
        ...(pattern === '' ? {} : { pattern }),
        ...(wellKnown.case === 'uuid' ? { format: 'uuid' } : {}),
        ...(wellKnown.case === 'email' ? { format: 'email' } : {}),
      };
    }
    case 'int32': {
      const { greaterThan, lessThan } = rules.type.value;
      return {
        ...(greaterThan.case === 'gte' ? { minimum: greaterThan.value } : {}),
        ...(greaterThan.case === 'gt' ? { exclusiveMinimum: greaterThan.value } : {}),
        ...(lessThan.case === 'lte' ? { maximum: lessThan.value } : {}),
        ...(lessThan.case === 'lt' ? { exclusiveMaximum: lessThan.value } : {}),
      };
    }
    case 'repeated': {
      const { minItems, maxItems } = rules.type.value;
      return numbers({ minItems, maxItems });
    }
    default:
      return {};
  }
}

function numbers(bounds: Readonly<Record<string, bigint>>): Schema {
  return Object.fromEntries(
    Object.entries(bounds).flatMap(([name, bound]) => (bound > 0n ? [[name, Number(bound)]] : [])),
  );
}

function rulesOf(field: DescField): FieldRules | undefined {
  return hasOption(field, rulesOption) ? getOption(field, rulesOption) : undefined;
}

function described(desc: DescField | DescMessage | DescEnum): Schema {
  const description = commentOf(desc);
  return description === '' ? {} : { description };
}
