import { parseArgs } from 'node:util';
import { DeadLetter_State } from '#gen/shopverse/platform/v1/dead_letter_service_pb.ts';
import { type DeadLetters, type Letter, openDeadLetters, pilesOf } from '../dead-letters/dead-letters.ts';
import { type Decoded, openDecoder } from '../dead-letters/decoded.ts';
import type { Stack } from '../stack.ts';
import { renderTable } from '../table.ts';

export const summary = 'what consumers could not take: looks at it, has it taken again, or gives it up';
export const usage = '[show | redrive | discard CONSUMER [ID...] --reason TEXT] [--json]';

/** How many letters `show` shows when it isn't told which. */
const SHOWN = 20;

export async function run(args: string[], stack: Stack): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { reason: { type: 'string' }, all: { type: 'boolean' }, json: { type: 'boolean' } },
  });
  const [verb = 'list', name, ...ids] = positionals;
  if (verb !== 'list' && !name) throw new Error(`Whose? ./shopverse dlq ${verb} CONSUMER`);
  const dlq = await openDeadLetters(stack);
  const letters = chosen(await dlq.list(name), ids);
  switch (verb) {
    case 'list':
      return list(dlq, letters, values.json ?? false);
    case 'show':
      return show(
        dlq,
        ids.length > 0 || values.all ? letters : letters.slice(0, SHOWN),
        values.json ?? false,
      );
    case 'redrive': {
      const waiting = letters.filter(({ state }) => state !== DeadLetter_State.QUEUED);
      const result = await dlq.redrive(waiting, reasonOf(values.reason));
      console.log(
        values.json
          ? JSON.stringify(result)
          : `${result.redriven} were taken, ${result.failed} failed again. What waited behind those taken follows by itself.`,
      );
      return result.failed === 0 ? 0 : 1;
    }
    case 'discard': {
      if (ids.length === 0 && !values.all) throw new Error('Which? Tell their ids, or --all.');
      const discarded = await dlq.discard(letters, reasonOf(values.reason));
      console.log(values.json ? JSON.stringify({ discarded }) : `${discarded} were given up.`);
      return 0;
    }
    default:
      throw new Error(`"${verb}" is none of list, show, redrive and discard.`);
  }
}

/** Those of these ids, in the list's order; all without ids. Throws for an id that is not open. */
function chosen(letters: readonly Letter[], ids: readonly string[]): readonly Letter[] {
  if (ids.length === 0) return letters;
  const found = letters.filter(({ id }) => ids.includes(id));
  const missing = ids.filter((id) => !found.some((letter) => letter.id === id));
  if (missing.length > 0) throw new Error(`There is no open dead letter ${missing.join(', ')} there.`);
  const services = new Set(found.map(({ service }) => service));
  if (services.size > 1) throw new Error('Ids are of one service: name its consumer more exactly.');
  return found;
}

function reasonOf(reason: string | undefined): string {
  if (!reason) throw new Error('A decision is audited: say why, with --reason TEXT.');
  return reason;
}

function list(dlq: DeadLetters, letters: readonly Letter[], json: boolean): number {
  const piles = pilesOf(letters);
  if (json) {
    console.log(JSON.stringify({ piles, away: [...dlq.away] }));
  } else {
    const rows = piles.map(({ consumer, topic, letters: count, dead, parkedKeys, oldest }) => [
      consumer,
      topic,
      String(count),
      String(dead),
      String(parkedKeys),
      oldest.toISOString(),
    ]);
    console.log(
      piles.length === 0
        ? 'There are no dead letters.'
        : renderTable([['CONSUMER', 'TOPIC', 'LETTERS', 'DEAD', 'PARKED KEYS', 'OLDEST'], ...rows]),
    );
    for (const service of dlq.away) console.log(`${service} could not be asked.`);
  }
  return dlq.away.size === 0 ? 0 : 1;
}

async function show(dlq: DeadLetters, letters: readonly Letter[], json: boolean): Promise<number> {
  const decode = await openDecoder();
  const shown: Decoded[] = [];
  for (const letter of letters) shown.push(decode(await dlq.get(letter)));
  console.log(json ? JSON.stringify(shown) : shown.map(render).join('\n\n') || 'There are no dead letters.');
  return 0;
}

function render({ id, state, error, attempts, since, place, key, headers, value }: Decoded): string {
  return [
    `#${id} ${state} since ${since}, ${attempts} attempts`,
    `  ${error}`,
    `  at ${place}, key ${key}`,
    ...headers.map(([name, text]) => `  ${name}: ${text ?? '(null)'}`),
    value === null ? '  no value' : `  ${JSON.stringify(value, undefined, 2).replaceAll('\n', '\n  ')}`,
  ].join('\n');
}
