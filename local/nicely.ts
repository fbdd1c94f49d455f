/** A program and its arguments, so that it runs with this niceness; for none, as they are. */
export function nicely(
  niceness: number | undefined,
  file: string,
  args: readonly string[],
): readonly [file: string, args: readonly string[]] {
  return niceness === undefined ? [file, args] : ['nice', ['-n', String(niceness), file, ...args]];
}
