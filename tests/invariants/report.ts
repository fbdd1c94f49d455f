import type { Invariant, Verdict } from './invariant.ts';

type About = Pick<Invariant, 'id' | 'sentence' | 'when'>;

/** What became of one invariant. */
export type Finding = About & {
  readonly verdict: 'holds' | 'violated' | 'not applicable';
  /** What was looked at and how much of it, or why nothing was. */
  readonly looked: string;
  /** How many counterexamples there are. */
  readonly counterexamples: number;
  /** The first of them. */
  readonly examples: readonly string[];
  readonly seconds: number;
};

const mostExamples = 5;

/** The finding of a verdict that took so long. */
export function findingOf({ id, sentence, when }: About, verdict: Verdict, seconds: number): Finding {
  const about = { id, sentence, when, seconds };
  if ('notApplicable' in verdict) {
    const looked = verdict.notApplicable;
    return { ...about, verdict: 'not applicable', looked, counterexamples: 0, examples: [] };
  }
  const { looked, counterexamples } = verdict;
  return {
    ...about,
    verdict: counterexamples.length === 0 ? 'holds' : 'violated',
    looked,
    counterexamples: counterexamples.length,
    examples: counterexamples.slice(0, mostExamples),
  };
}

/** Findings for people: a line and what was looked at for each, with its first counterexamples. */
export function renderFindings(findings: readonly Finding[]): string {
  const blocks = findings.map(({ id, sentence, verdict, looked, counterexamples, examples, seconds }) => {
    const more = counterexamples - examples.length;
    return [
      `${marks[verdict]} ${id.padEnd(5)} ${sentence}`,
      `        ${words[verdict]}: ${looked} (${seconds.toFixed(1)} s)`,
      ...examples.map((example) => `        - ${example}`),
      ...(more > 0 ? [`        and ${more.toLocaleString('en')} more`] : []),
    ].join('\n');
  });
  const count = (verdict: Finding['verdict']) => findings.filter((each) => each.verdict === verdict).length;
  const summary = `${count('holds')} hold, ${count('violated')} violated, ${count('not applicable')} not applicable.`;
  return [...blocks, '', summary].join('\n');
}

const marks: Readonly<Record<Finding['verdict'], string>> = {
  holds: '●',
  violated: '✗',
  'not applicable': '·',
};
const words: Readonly<Record<Finding['verdict'], string>> = {
  holds: 'holds',
  violated: 'VIOLATED',
  'not applicable': 'not applicable',
};
