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
