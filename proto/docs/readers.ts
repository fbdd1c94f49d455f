/** Somebody who reads facts. `group` says as which consumer. */
export type Reader = { readonly name: string; readonly group: string };

/** That a service handles a fact: `fact` is the case of the oneof of `schema`. */
export type Subscription = { readonly reader: Reader; readonly schema: string; readonly fact: string };

/**
 * The subscriptions in a service's source: each `subscribe(OrderEventSchema, { placed: …, confirmed(…) {…} })`, with the
 * name of the `consumer({ name: '…' })` it stands in. Spread or computed handlers are not seen, and throw, so that the
 * page is never silently wrong.
 */
export function subscriptionsIn(service: string, source: string): Subscription[] {
  const code = withoutComments(source);
  return [...code.matchAll(/\bsubscribe\(\s*(\w+)Schema\s*,\s*\{/g)].flatMap((match) => {
    const schema = match[1] ?? '';
    const names = [...code.slice(0, match.index).matchAll(/\bname:\s*'([^']+)'/g)];
    const reader = { name: service, group: names.at(-1)?.[1] ?? '' };
    return keysOf(code, match.index + match[0].length).map((fact) => ({ reader, schema, fact }));
  });
}

/** The keys of the object literal whose body starts at `start`. */
function keysOf(code: string, start: number): string[] {
  const keys: string[] = [];
  let depth = 0;
  let expectsKey = true;
  for (let at = start; at < code.length; at++) {
    const char = code[at] ?? '';
    if (depth === 0 && expectsKey) {
      const rest = code.slice(at);
      if (/^[.[]/.test(rest)) throw new Error(`Handlers must be named one by one: ${rest.slice(0, 40)}`);
      const key = /^(?:async\s+)?(\w+)\s*[:(,}]/.exec(rest);
      if (key?.[1]) {
        keys.push(key[1]);
        expectsKey = false;
        at += key[0].length - 2;
        continue;
      }
    }
    if ('\'"`'.includes(char)) at = endOfText(code, at, char);
    else if ('{(['.includes(char)) depth += 1;
    else if ('})]'.includes(char)) {
      if (depth === 0) return keys;
      depth -= 1;
    } else if (char === ',' && depth === 0) expectsKey = true;
  }
  throw new Error('The handlers of a subscription do not end.');
}

function endOfText(code: string, start: number, quote: string): number {
  let at = start + 1;
  while (at < code.length && code[at] !== quote) at += code[at] === '\\' ? 2 : 1;
  return at;
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s;,{(])\/\/.*$/gm, '$1');
}
