/** Which lines are wanted, and whether as they are. */
export type LineFilter = { readonly correlation?: string | undefined; readonly raw: boolean };

const SHOWN_FIRST = new Set(['time', 'level', 'service', 'instance', 'msg', 'pid', 'hostname']);

/** A log line as people read it; undefined when the filter leaves it out. A line that is no JSON stays as it is. */
export function renderLine(raw: string, filter: LineFilter): { time?: number; text: string } | undefined {
  const entry = parse(raw);
  if (!entry) return filter.correlation === undefined ? { text: raw } : undefined;
  if (filter.correlation !== undefined && entry.correlation_id !== filter.correlation) return undefined;
  const time = new Date(entry.time as string | number).getTime();
  if (filter.raw) return { time, text: raw };
  const rest = Object.entries(entry)
    .filter(([key]) => !SHOWN_FIRST.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const when = Number.isNaN(time) ? '' : new Date(time).toISOString().slice(11, 23);
  const head = [
    when,
    String(entry.level).padEnd(5),
    String(entry.instance ?? entry.service ?? '').padEnd(12),
    entry.msg,
  ];
  return { ...(Number.isNaN(time) ? {} : { time }), text: [...head, ...rest].join('  ') };
}

function parse(raw: string): Record<string, unknown> | undefined {
  if (!raw.startsWith('{')) return undefined;
  try {
    return JSON.parse(raw);
  } catch {
    return undefined; // a line cut off by a kill is shown as it is
  }
}
