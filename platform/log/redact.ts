const withheldKeys = new Set([
  'accesstoken',
  'address',
  'apikey',
  'authorization',
  'cardtoken',
  'cookie',
  'displayname',
  'email',
  'firstname',
  'fullname',
  'guestid',
  'lastname',
  'password',
  'passwordhash',
  'phone',
  'postalcode',
  'privatekey',
  'refreshtoken',
  'secret',
  'setcookie',
  'street',
  'token',
]);

const maxTextLength = 2048;
const maxDepth = 5;
const maxItems = 50;

/**
 * A copy of a log record's fields that is safe to write: values under keys that name personal data or secrets are
 * withheld, texts longer than 2,048 characters, lists longer than 50 and what is nested deeper than five are cut.
 * Errors are left as they are: their serializer says what of them is written.
 */
export function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  return redactObject(fields, 0);
}

/** Removes what gives itself away by its form, wherever it stands: e-mail addresses, JWTs, passwords in URLs. */
export function redactText(text: string): string {
  return text
    .replace(/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, '[email]')
    .replace(/eyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, '[token]')
    .replace(/:\/\/[^\s/:@"]+:[^\s/@"]+@/g, '://[credentials]@');
}

/** Cuts a text to at most 2,048 characters, saying how many are left out. */
export function truncate(text: string): string {
  return text.length <= maxTextLength
    ? text
    : `${text.slice(0, maxTextLength)}… (${text.length - maxTextLength} more)`;
}

function redactObject(fields: object, depth: number): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    safe[key] = withheldKeys.has(key.replaceAll(/[_-]/g, '').toLowerCase())
      ? '[withheld]'
      : redactValue(value, depth);
  }
  return safe;
}

function redactValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return truncate(value);
    case 'bigint':
      return value.toString();
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null || value instanceof Error || value instanceof Date) {
    return value;
  }
  if (ArrayBuffer.isView(value)) {
    return `[${value.byteLength} bytes]`;
  }
  if (depth >= maxDepth) {
    return '[deeper]';
  }
  return Array.isArray(value)
    ? value.slice(0, maxItems).map((item) => redactValue(item, depth + 1))
    : redactObject(value, depth + 1);
}
