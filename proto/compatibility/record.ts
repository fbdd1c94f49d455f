import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadContracts } from '../contracts.ts';
import { factsOf, fileOf, readRecordings, record, recordingsFolder, shapeOf } from './recording.ts';

/**
 * `npm run record`: adds a recording for each fact whose shape has none. What is recorded is never touched again, since
 * records like it may be in the log.
 */
async function main(): Promise<void> {
  mkdirSync(recordingsFolder, { recursive: true });
  const recorded = readRecordings();
  for (const fact of factsOf(await loadContracts())) {
    const own = recorded.filter((each) => each.fact === fact.field.message.typeName);
    if (own.some(({ shape }) => shape === shapeOf(fact.message, fact.field))) continue;
    const made = record(fact, Math.max(0, ...own.map(({ version }) => version)) + 1);
    writeFileSync(join(recordingsFolder, fileOf(made)), `${JSON.stringify(made, null, 1)}\n`, { flag: 'wx' });
    console.log(`Recorded ${made.fact}, version ${made.version}.`);
  }
}

await main();
