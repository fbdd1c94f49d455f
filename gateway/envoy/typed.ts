/** A message in one of Envoy's `Any` fields: its fields with its type, as JSON. */
export function typed(type: string, fields: object = {}): object {
  return { '@type': `type.googleapis.com/${type}`, ...fields };
}

/** An extension as Envoy's lists of filters, loggers and the like hold it. */
export function extension(
  name: string,
  type: string,
  fields: object = {},
): { name: string; typed_config: object } {
  return { name, typed_config: typed(type, fields) };
}

/** A header that is set, whatever was there before. The value is one of Envoy's formats. */
export function setHeader(key: string, value: string): object {
  return { header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' };
}
