import type { DescMethod } from '@bufbuild/protobuf';
import { isRepeatable } from '#platform/client/repeatable.ts';
import type { HttpRule, Match, RuleMatch } from './manifest.ts';

/** A header that a call must have, or must not. */
export type HeaderRule = { readonly name: string; readonly match: Match; readonly absent: boolean };

/** A rule that may decide a call of one path, if the call has these headers too. */
export type PathRule = { readonly headers: readonly HeaderRule[]; readonly rule: HttpRule };

const KNOWN_MATCHES = new Set(['uri', 'headers', 'withoutHeaders', 'name']);

/**
 * The rules that may decide calls of this path, in order, up to the first that decides all that are left. Throws a sentence
 * for a match on anything but path and headers.
 */
export function rulesForPath(path: string, rules: readonly HttpRule[]): PathRule[] {
  const found: PathRule[] = [];
  for (const rule of rules) {
    for (const match of rule.match ?? [{}]) {
      refuseUnknown(rule, match);
      if (match.uri !== undefined && !matches(path, match.uri)) continue;
      const headers = [...headerRules(match.headers, false), ...headerRules(match.withoutHeaders, true)];
      found.push({ headers, rule });
      if (headers.length === 0) return found;
    }
  }
  return found;
}

/** The methods that some rule has made again although their contracts don't allow it. No `retries` means Istio's own two. */
export function wronglyRepeated(methods: readonly DescMethod[], rules: readonly HttpRule[]): DescMethod[] {
  return methods.filter(
    (method) =>
      !isRepeatable(method) &&
      rulesForPath(`/${method.parent.typeName}/${method.name}`, rules).some(
        ({ rule }) => rule.retries?.attempts !== 0,
      ),
  );
}

function headerRules(headers: RuleMatch['headers'], absent: boolean): HeaderRule[] {
  return Object.entries(headers ?? {}).map(([name, match]) => ({ name, match, absent }));
}

function refuseUnknown({ name }: HttpRule, match: RuleMatch): void {
  const unknown = Object.keys(match).find((key) => !KNOWN_MATCHES.has(key));
  if (unknown !== undefined)
    throw new Error(
      `The rule ${name ?? ''} matches on "${unknown}"; here the mesh's rules match on uri and headers.`,
    );
}

function matches(path: string, { exact, prefix, regex }: Match): boolean {
  if (exact !== undefined) return path === exact;
  if (prefix !== undefined) return path.startsWith(prefix);
  return regex === undefined || new RegExp(`^(?:${regex})$`).test(path);
}
