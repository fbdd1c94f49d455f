/** A line of the provider's own journal, as far as the checks need it; amounts in minor units. */
export type ProviderEntry = {
  readonly key: string;
  readonly operation: 'authorise' | 'capture' | 'void' | 'refund' | 'return' | 'create' | 'abandon';
  readonly amount: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  readonly outcome: 'succeeded' | 'declined' | 'failed';
};

/** Everything that the provider has ever done, by its own word. Throws when it doesn't answer. */
export async function readProvider(url: string): Promise<ProviderEntry[]> {
  const response = await fetch(new URL('/journal', url), { signal: AbortSignal.timeout(60_000) });
  if (!response.ok) {
    throw new Error(`The payment provider answers ${response.status} when asked for its journal`);
  }
  return linesOf(await response.text());
}

function linesOf(text: string): ProviderEntry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
