import type { SystemProgram } from './part.ts';

/** Python with what its virtual environments are made of, which Debian packs apart. */
export const PYTHON: SystemProgram = {
  program: 'python3',
  package: 'python3 python3-venv',
  trial: ['-c', 'import ensurepip'],
};
