import { z } from 'zod';

/** Environment keys that are missing or wrong; the message has one sentence for each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads keys of the environment by their schemas. An empty value counts as absent. Throws one ConfigError that names
 * every key that is missing or wrong; values are never repeated, as they may be secrets.
 */
export function readConfig<S extends z.ZodRawShape>(
  shape: S,
  environment: NodeJS.ProcessEnv = process.env,
): z.infer<z.ZodObject<S>> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const read = z.object(shape).safeParse(given);
  if (read.success) {
    return read.data;
  }
  const sentences = read.error.issues.map((issue) => {
    const key = issue.path.join('.');
    return given[key] === undefined ? `${key} is missing.` : `${key} is wrong: ${issue.message}.`;
  });
  throw new ConfigError([...new Set(sentences)].join(' '));
}
