import type { DescEnum, DescField, DescMessage } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';

/**
 * The text of a .proto file that holds a message and all it is made of, without imports, options or packages: what
 * ClickHouse needs to read the message. Types are named by their full names, dots as underscores.
 */
export function protoText(message: DescMessage): string {
  const types = new Map<string, string>();
  addMessage(message, types);
  return ['syntax = "proto3";', ...types.values()].join('\n');
}

/** The name under which a message stands in {@link protoText}. */
export function protoName(type: DescMessage | DescEnum): string {
  return type.typeName.replaceAll('.', '_');
}

function addMessage(message: DescMessage, types: Map<string, string>): void {
  const name = protoName(message);
  if (types.has(name)) return;
  types.set(name, '');
  const fields = message.fields.map((field) => `${typeOf(field, types)} ${field.name} = ${field.number};`);
  types.set(name, `message ${name} { ${fields.join(' ')} }`);
}

/** Values of an enum share a scope with all others of the file; the contracts' prefixes keep them apart. */
function addEnum(declared: DescEnum, types: Map<string, string>): void {
  const values = declared.values.map((value) => `${value.name} = ${value.number};`);
  types.set(protoName(declared), `enum ${protoName(declared)} { ${values.join(' ')} }`);
}

function typeOf(field: DescField, types: Map<string, string>): string {
  switch (field.fieldKind) {
    case 'scalar':
      return ScalarType[field.scalar].toLowerCase();
    case 'enum':
      addEnum(field.enum, types);
      return protoName(field.enum);
    case 'message':
      addMessage(field.message, types);
      return protoName(field.message);
    case 'list':
    case 'map':
      throw new TypeError(`${field} repeats, which no column of the queue does`);
    default:
      return field satisfies never;
  }
}
