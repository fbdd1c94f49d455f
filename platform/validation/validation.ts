import { create, type DescMessage, type Message } from '@bufbuild/protobuf';
import { pathToString } from '@bufbuild/protobuf/reflect';
import { createValidator } from '@bufbuild/protovalidate';
import { invalidRequest } from '#platform/errors/refusal.ts';

const patterns = new Map<string, RegExp>();

// The patterns are the contracts' own, read by people and short; JavaScript's engine takes half the time of RE2's port.
const validator = createValidator({
  regexMatch(pattern, text) {
    const known = patterns.get(pattern) ?? new RegExp(pattern, 'u');
    patterns.set(pattern, known);
    return known.test(text);
  },
});

/** More violations than this aren't told: they travel in a header, whose size is limited. */
const maxViolations = 20;

/**
 * Checks a message against its schema's rules. Throws INVALID_ARGUMENT that names the fields that break one, and
 * protovalidate's own error when a rule itself is faulty.
 */
export function validate(schema: DescMessage, message: Message): void {
  const result = validator.validate(schema, message);
  switch (result.kind) {
    case 'valid':
      return;
    case 'invalid':
      throw invalidRequest(
        result.violations.slice(0, maxViolations).map((violation) => ({
          field: pathToString(violation.field),
          description: violation.message.slice(0, 200),
        })),
      );
    case 'error':
      throw result.error;
    default:
      result satisfies never;
  }
}

/** Compiles the rules of messages, which takes tens of milliseconds, before the first call has to wait for it. */
export function warmValidation(schemas: Iterable<DescMessage>): void {
  for (const schema of schemas) {
    const result = validator.validate(schema, create(schema));
    if (result.kind === 'error') {
      throw result.error;
    }
  }
}
