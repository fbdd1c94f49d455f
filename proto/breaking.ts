import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buf, root } from './buf.ts';

/** What the contracts are compared with: a commit, and in words which. */
export type Base = { readonly commit: string; readonly words: string };

/** What git says here. Undefined where git fails. */
export type Git = (...args: string[]) => string | undefined;

/**
 * The base to compare with: for a branch, where it left main; on main, the commit before the one that last touched
 * proto/, or that one while it is being changed. Undefined when there is no earlier state of the contracts.
 */
export function chooseBase(git: Git): Base | undefined {
  const head = git('rev-parse', 'HEAD');
  const main =
    git('rev-parse', '--verify', '--quiet', 'main') ?? git('rev-parse', '--verify', '--quiet', 'origin/main');
  if (!head) return undefined;
  if (main && main !== head) {
    const commit = git('merge-base', 'HEAD', main);
    if (commit && commit !== head) return { commit, words: 'where this branch left main' };
  }
  if (git('status', '--porcelain', '--', 'proto/**/*.proto'))
    return { commit: head, words: 'the last commit' };
  const touched = git('rev-list', '-1', 'HEAD', '--', 'proto/**/*.proto');
  const before = touched && git('rev-parse', '--verify', '--quiet', `${touched}^`);
  return before && git('ls-tree', '--name-only', before, 'buf.yaml')
    ? { commit: before, words: 'the commit before the last change of a contract' }
    : undefined;
}

/** Whether the contracts of the working tree can stand in for those of the base, and what breaks. */
function compare({ commit }: Base): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'contracts-'));
  try {
    const archive = execFileSync('git', ['archive', commit, 'buf.yaml', 'proto', 'third_party'], {
      cwd: root,
      maxBuffer: 64 * 1024 * 1024,
    });
    execFileSync('tar', ['-x', '-C', folder], { input: archive });
    buf(['breaking', '--against', folder]);
    return undefined;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: Buffer; stderr?: Buffer };
    return `${stdout ?? ''}${stderr ?? error}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const gitHere: Git = (...args) => {
  try {
    return execFileSync('git', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    // Git's own answer to "is there such a commit" is its exit code.
    return undefined;
  }
};

/** `npm run breaking`: ends with 1 and Buf's findings when a contract changed in a way that breaks readers or clients. */
function main(): void {
  const base = chooseBase(gitHere);
  if (!base) {
    console.log('There is no earlier state of the contracts to compare with.');
    return;
  }
  const found = compare(base);
  if (found === undefined) {
    console.log(`Nothing breaks against ${base.words} (${base.commit.slice(0, 8)}).`);
    return;
  }
  console.error(`Against ${base.words} (${base.commit.slice(0, 8)}) this breaks:\n${found}`);
  process.exitCode = 1;
}

if (import.meta.main) main();
