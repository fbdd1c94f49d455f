import { sql } from 'kysely';

/** Neither redriven nor discarded. Its states stand in the statement as they are: there is an index for just these. */
export const isOpen = sql<boolean>`state in ('RETRYING', 'DEAD', 'QUEUED')`;
