import { createReadStream, existsSync, globSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Stack } from '../stack.ts';
import { type LineFilter, renderLine } from './logs/line.ts';

export const summary = 'what a process wrote; a service’s name means all its instances, "all" everything';
export const usage = 'NAME [--correlation ID] [--follow] [--lines N] [--json]';

export async function run(args: string[], stack: Stack): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      correlation: { type: 'string' },
      follow: { type: 'boolean', short: 'f' },
      lines: { type: 'string', default: '200' },
      json: { type: 'boolean' },
    },
  });
  const filter: LineFilter = { correlation: values.correlation, raw: values.json ?? false };
  const files = filesOf(positionals[0], join(stack.state, 'logs'));
  const lines = (await Promise.all(files.map((file) => wholeLines(file, filter)))).flat();
  lines.sort((a, b) => a.time - b.time);
  for (const line of lines.slice(-Number(values.lines))) console.log(line.text);
  if (values.follow) await Promise.all(files.map((file) => follow(file, filter)));
  return 0;
}

type Line = { time: number; text: string };

function filesOf(name: string | undefined, folder: string): string[] {
  const names = globSync('*.log', { cwd: folder }).map((file) => basename(file, '.log'));
  const meant = names.filter((each) => name === 'all' || each === name || each.replace(/-\d$/, '') === name);
  if (meant.length > 0) return meant.map((each) => join(folder, `${each}.log`));
  throw new Error(
    `${name ? `"${name}" has written nothing` : 'A name is needed'}. There are: ${names.join(', ')}.`,
  );
}

async function wholeLines(file: string, filter: LineFilter): Promise<Line[]> {
  const lines: Line[] = [];
  for (const path of [`${file}.1`, file].filter(existsSync)) {
    for await (const raw of createInterface({ input: createReadStream(path) })) {
      const line = renderLine(raw, filter);
      // A line without a time of its own belongs to the one before it.
      if (line) lines.push({ text: line.text, time: line.time ?? lines.at(-1)?.time ?? 0 });
    }
  }
  return lines;
}

async function follow(file: string, filter: LineFilter): Promise<never> {
  let from = statSync(file).size;
  let half = '';
  for (;;) {
    await sleep(300);
    const { size } = statSync(file);
    if (size < from) from = 0; // it was rotated
    if (size === from) continue;
    for await (const chunk of createReadStream(file, { start: from, end: size - 1, encoding: 'utf8' }))
      half += chunk;
    from = size;
    const lines = half.split('\n');
    half = lines.pop() ?? '';
    for (const raw of lines) {
      const line = renderLine(raw, filter);
      if (line) console.log(line.text);
    }
  }
}
