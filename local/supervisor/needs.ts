/** Something with a name that needs others by theirs. */
export type Needing = { readonly name: string; readonly needs: readonly string[] };

/** Throws a sentence when something is needed that is not among them, or when they need each other in a ring. */
export function checkNeeds(units: readonly Needing[]): void {
  const byName = new Map(units.map((unit) => [unit.name, unit]));
  const settled = new Set<string>();
  const visit = (unit: Needing, path: readonly string[]): void => {
    if (settled.has(unit.name)) return;
    if (path.includes(unit.name))
      throw new Error(`These need each other: ${[...path, unit.name].join(' -> ')}.`);
    for (const need of unit.needs) {
      const needed = byName.get(need);
      if (!needed) throw new Error(`${unit.name} needs ${need}, which there is not.`);
      visit(needed, [...path, unit.name]);
    }
    settled.add(unit.name);
  };
  for (const unit of units) visit(unit, []);
}

/** The names of those that need it. */
export function leaningOn(name: string, units: readonly Needing[]): string[] {
  return units.filter((unit) => unit.needs.includes(name)).map((unit) => unit.name);
}
