import type { Database } from '#platform/db/database.ts';
import type { LocationRow } from './queries.ts';
import type { Tables } from './tables.ts';

/** Adds a location, or finds the same one there already. Undefined when another one has the id. */
export async function addLocation(
  database: Database<Tables>,
  location: LocationRow,
): Promise<LocationRow | undefined> {
  return database.transaction(async (tx) => {
    await tx.db
      .insertInto('location')
      .values(location)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const kept = await tx.db
      .selectFrom('location')
      .selectAll()
      .where('location_id', '=', location.location_id)
      .executeTakeFirstOrThrow();
    const same = kept.display_name === location.display_name && kept.priority === location.priority;
    return same ? kept : undefined;
  });
}
