/** A form's fields by name, as Stripe's clients write them: `metadata[order_id]` is a name of its own. */
export type Form = ReadonlyMap<string, string>;

/** Reads an application/x-www-form-urlencoded text. */
export function readForm(text: string): Form {
  return new Map(new URLSearchParams(text));
}

/** The entries of an object field, such as all `metadata[...]`. */
export function objectField(form: Form, name: string): Record<string, string> {
  const entries: [string, string][] = [];
  for (const [key, value] of form) {
    if (key.startsWith(`${name}[`) && key.endsWith(']')) {
      entries.push([key.slice(name.length + 1, -1), value]);
    }
  }
  return Object.fromEntries(entries);
}

/** An amount in minor units; undefined when absent, NaN when it isn't a whole number. */
export function amountField(form: Form, name: string): number | undefined {
  const text = form.get(name);
  if (text === undefined) {
    return undefined;
  }
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}
