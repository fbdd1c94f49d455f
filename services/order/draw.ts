import { readFileSync, writeFileSync } from 'node:fs';
import { type Edge, edges, type Guard } from './domain/checkout-edges.ts';
import { deadlineOf, notTaken, whys } from './domain/checkout-messages.ts';
import { steps } from './domain/checkout-steps.ts';
import { factTypes, isFinal, states, transitions } from './domain/order-state.ts';

/** docs/checkout-saga.md, drawn from the tables that the order service decides by. */
export function drawCheckout(): string {
  return `# The checkout

Drawn from the tables in \`services/order/domain\` by \`node services/order/draw.ts\`; a test compares the two.
Where no edge below fits a message, it changes nothing, for the reason that the last table gives.

## States

\`\`\`mermaid
stateDiagram-v2
  direction LR
  [*] --> PLACED: OrderPlaced
${statesDrawn()}
\`\`\`

A PAID order can be cancelled until any of it has left. Each waiting state has a deadline that becomes a message:
${states.flatMap(waitOf).join(', ')}.

## Steps and what undoes them

OrderCancellationStarted asks every participant at once, whatever it has done so far. CANCELLED waits for all of them.

${table(['Participant', 'Step', 'Holds', 'Undone as'], stepRows())}

## Edges

${table(['Edge', 'From', 'Message', 'When', 'Then', 'To', 'Facts', 'Reason'], edges.map(edgeRow))}

## Messages that change nothing

${Object.entries(whys)
  .map(([why, meaning]) => `- **${why}**: ${meaning}`)
  .join('\n')}

${table(
  ['Message', ...states],
  Object.entries(notTaken).map(([message, why]) => [message, ...why]),
)}
`;
}

function statesDrawn(): string {
  const moves = states.flatMap((from) =>
    factTypes.flatMap((fact) => {
      const to = transitions[from][fact];
      return to === undefined ? [] : [`  ${from} --> ${to}: ${fact}`];
    }),
  );
  const ends = states.filter(isFinal).map((state) => `  ${state} --> [*]`);
  return [...moves, ...ends].join('\n');
}

function waitOf(state: (typeof states)[number]): string[] {
  const deadline = deadlineOf[state];
  return deadline === undefined ? [] : [`${deadline} in ${state}`];
}

function stepRows(): string[][] {
  return Object.entries(steps).flatMap(([participant, of]) =>
    Object.entries(of).map(([step, { holds, undo }]) => [
      participant,
      step,
      holds,
      holds === 'nothing' ? '' : undo === step ? 'under way' : undo,
    ]),
  );
}

function edgeRow({ name, from, on, when, set, to, facts, reason }: Edge): string[] {
  return [
    name,
    from.join(', '),
    on,
    guardText(when),
    pairs(set),
    to ?? 'stays',
    facts.join(', '),
    reason ?? '',
  ];
}

function guardText({ shipped, rest, ...sets }: Guard): string {
  return [
    pairs(sets),
    shipped === undefined ? '' : shipped ? 'something has left' : 'nothing has left',
    rest === undefined ? '' : `the others ${rest}`,
  ]
    .filter((part) => part !== '')
    .join('; ');
}

function pairs(values: Readonly<Record<string, string | readonly string[] | undefined>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${[value].flat().join(' or ')}`)
    .join('; ');
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Where the drawing is kept. */
export const drawingPath = new URL('../../docs/checkout-saga.md', import.meta.url);

if (import.meta.main) {
  if (!process.argv.includes('--check')) {
    writeFileSync(drawingPath, drawCheckout());
  } else if (readFileSync(drawingPath, 'utf8') !== drawCheckout()) {
    console.error('docs/checkout-saga.md differs from the tables; run node services/order/draw.ts');
    process.exitCode = 1;
  }
}
