import { statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { parseArgs } from 'node:util';
import { isInstalled } from '../install/artefact.ts';
import { installLine, locate } from '../install/programs.ts';
import { PARTS } from '../parts/catalogue.ts';
import { ISTIOD } from '../parts/istiod/build.ts';
import type { Stack } from '../stack.ts';
import { askStatus } from '../supervisor/client.ts';
import { takenPorts } from '../supervisor/taken-ports.ts';

export const summary = 'what is missing on this machine, each with its fix';
export const usage = '[--json]';

type Finding = { what: string; fine: boolean; fix: string };

export async function run(args: string[], stack: Stack): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
  const findings = [...machine(stack), ...programs(), ...artefacts(stack), ...(await ports(stack))];
  if (values.json) console.log(JSON.stringify(findings));
  else
    for (const { what, fine, fix } of findings)
      console.log(`${fine ? '●' : '○'} ${what}${fine ? '' : `\n    ${fix}`}`);
  return findings.every((finding) => finding.fine) ? 0 : 1;
}

function machine(stack: Stack): Finding[] {
  const { bavail, bsize } = statfsSync(stack.root);
  return [
    {
      what: `This is ${process.platform} on ${process.arch}`,
      fine: process.platform === 'linux' && process.arch === 'x64',
      fix: 'Envoy and ClickHouse are fetched for Linux on x86-64 only; use such a machine.',
    },
    {
      what: `${(freemem() / 2 ** 30).toFixed(1)} GB of memory are free`,
      fine: freemem() > 4 * 2 ** 30,
      fix: 'The stack wants 4 GB; close something, or expect swapping.',
    },
    {
      what: `${((bavail * bsize) / 2 ** 30).toFixed(0)} GB of disk are free`,
      fine: bavail * bsize > 12 * 2 ** 30,
      fix: 'istiod’s build wants 10 GB for a few minutes, the rest 3 GB for good; make room.',
    },
  ];
}

function programs(): Finding[] {
  const all = PARTS.flatMap((part) => part.programs ?? []);
  const unique = [...new Map(all.map((program) => [program.program, program])).values()];
  return unique.map((program) => ({
    what: `${program.program}${locate(program) ? '' : ' is missing'}`,
    fine: locate(program) !== undefined,
    fix: `sudo ${installLine([program])}   (./shopverse up does it when it runs as root)`,
  }));
}

function artefacts(stack: Stack): Finding[] {
  const parts = PARTS.flatMap((part) => part.artefacts ?? []);
  return [...parts, ISTIOD].map((artefact) => ({
    what: `${artefact.title} is ${isInstalled(stack.cache, artefact) ? 'in' : 'not in'} the cache`,
    fine: isInstalled(stack.cache, artefact),
    fix:
      artefact === ISTIOD
        ? './shopverse up builds it in the background (five minutes); all works without it meanwhile.'
        : './shopverse up gets it.',
  }));
}

async function ports(stack: Stack): Promise<Finding[]> {
  if (await askStatus(stack)) return [{ what: 'The stack is running', fine: true, fix: '' }];
  const taken = await takenPorts(stack);
  return [
    {
      what: taken.length === 0 ? 'All ports are free' : `Taken by others: ${taken.join(', ')}`,
      fine: taken.length === 0,
      fix: 'Choose another base: ./shopverse up --port-base 12000',
    },
  ];
}
