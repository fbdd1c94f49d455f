import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Invariant, judged } from './invariant.ts';
import { addressesIn } from './world/personal.ts';

/** What must never stand in clear outside of the user's own database. */
export const privacyInvariants: readonly Invariant[] = [
  {
    id: 'I-42',
    sentence: "no user's e-mail address in clear in Kafka's keys, values and headers, nor in the logs",
    when: 'always',
    async check({ topics, emails, logs }) {
      const known = await emails();
      const kafka = await topics();
      const logged = await addressesInLogs(logs, known);
      return judged({ addresses: known.size, records: kafka.records, 'lines of logs': logged.lines }, [
        ...kafka.personal,
        ...logged.found,
      ]);
    },
  },
];

/** The lines of a folder's logs that hold one of these addresses, each told by file and number. */
export async function addressesInLogs(
  folder: string,
  known: ReadonlySet<string>,
): Promise<{ readonly lines: number; readonly found: readonly string[] }> {
  const found: string[] = [];
  let lines = 0;
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.log')) : [];
  for (const file of files.sort()) {
    let number = 0;
    for await (const line of createInterface({ input: createReadStream(join(folder, file)) })) {
      number += 1;
      if (line.includes('@') && addressesIn(Buffer.from(line), known).length > 0) {
        found.push(`${file}:${number} holds a user's e-mail address`);
      }
    }
    lines += number;
  }
  return { lines, found };
}
