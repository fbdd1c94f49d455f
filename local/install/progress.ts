const QUIET_MS = 2_000;
const REMIND_MS = 10_000;

/** Tells people what is being waited for: nothing for the first two seconds, then a line, a reminder now and then, and how long it took. */
export async function withProgress<T>(title: string, work: () => Promise<T>): Promise<T> {
  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(0)} s`;
  let said = false;
  const first = setTimeout(() => {
    said = true;
    say(`  ${title} …`);
  }, QUIET_MS);
  const reminders = setInterval(() => say(`  ${title} … ${seconds()}`), REMIND_MS);
  try {
    const result = await work();
    if (said) say(`  ${title}: done in ${seconds()}`);
    return result;
  } finally {
    clearTimeout(first);
    clearInterval(reminders);
  }
}

/** One line for people, on stderr, so that `--json` on stdout stays clean. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
