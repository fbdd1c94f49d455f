const address = /[\w.%+-]+@[\w-]+(?:\.[\w-]+)+/g;
const at = '@'.charCodeAt(0);

/** The known e-mail addresses that stand in clear in these bytes, whatever stands right beside them. */
export function addressesIn(bytes: Buffer | null, known: ReadonlySet<string>): string[] {
  if (bytes === null || known.size === 0 || !bytes.includes(at)) {
    return [];
  }
  const candidates = bytes.toString('latin1').toLowerCase().match(address) ?? [];
  return candidates.flatMap((candidate) => {
    // In protobuf a length comes before a text and a tag after it, either of which may look like a letter.
    const cuts = [candidate, candidate.slice(1), candidate.slice(0, -1), candidate.slice(1, -1)];
    const match = cuts.find((cut) => known.has(cut));
    return match === undefined ? [] : [match];
  });
}
