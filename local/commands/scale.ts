import { withProgress } from '../install/progress.ts';
import { SERVICE_FACTS } from '../services/catalogue.ts';
import { wishInstances } from '../services/wishes.ts';
import type { Stack } from '../stack.ts';
import { askStatus, command, until } from '../supervisor/client.ts';

export const summary = 'runs so many instances of a service; callers follow without an error';
export const usage = 'SERVICE N';

export async function run(args: string[], stack: Stack): Promise<number> {
  const [service = '', count = ''] = args;
  if (!SERVICE_FACTS.some((facts) => facts.name === service)) {
    throw new Error(
      `"${service}" is no service. There are: ${SERVICE_FACTS.map((facts) => facts.name).join(', ')}.`,
    );
  }
  wishInstances(stack.state, service, count === '' ? Number.NaN : Number(count));
  await command(stack, 'replan');
  const pattern = new RegExp(`^${service}-\\d$`);
  const done = await withProgress(`Scaling ${service} to ${count}`, () =>
    until(90_000, async () => {
      const units = (await askStatus(stack))?.units.filter((unit) => pattern.test(unit.name)) ?? [];
      return units.length === Number(count) && units.every((unit) => unit.phase === 'up');
    }),
  );
  if (!done)
    throw new Error(`${service} is not at ${count} after 90 s; ./shopverse status says what is the matter.`);
  console.log(`${service} runs in ${count}.`);
  return 0;
}
