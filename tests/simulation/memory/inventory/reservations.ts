import type { Tx } from '#platform/db/database.ts';
import type { Ids } from '#platform/ports.ts';
import { levelEvent, reservationEvent } from '../../../../services/inventory/adapters/facts.ts';
import type { Tables } from '../../../../services/inventory/adapters/tables.ts';
import type { Decision } from '../../../../services/inventory/domain/decide.ts';
import type { LevelFact } from '../../../../services/inventory/domain/level.ts';
import type { Reservation } from '../../../../services/inventory/domain/reservation.ts';
import type { Shelf } from '../../../../services/inventory/domain/shelf.ts';
import type { Held, Reservations } from '../../../../services/inventory/ports.ts';
import { statement } from '../connection.ts';
import type { MemoryTransaction } from '../server.ts';

/** A line of the stock's ledger, as the memory keeps it. */
export type MovementRow = {
  readonly orderId: string;
  readonly sku: string;
  readonly locationId: string;
  readonly kind: 'SALE' | 'RETURN';
  readonly quantity: number;
};

export function reservationsIn(tx: Tx<Tables>, _ids: Ids, _now: Date): Reservations {
  return {
    lockFor: (orderId, skus) =>
      statement(tx.db, async (memory): Promise<Held> => {
        const shelves = await lockShelves(memory, skus);
        const known = memory.get<Reservation>('reservation', orderId);
        return { reservation: known && { ...known, lines: [] }, shelves };
      }),
    lockOf: (orderId) =>
      statement(tx.db, async (memory): Promise<Held> => {
        const reservation = await memory.locked<Reservation>('reservation', orderId);
        const skus = reservation?.lines.map(({ sku }) => sku) ?? [];
        return { reservation, shelves: await lockShelves(memory, skus) };
      }),
    async save(decision, levels) {
      await statement(tx.db, (memory) => write(memory, decision));
      tx.append(reservationEvent(decision.reservation, decision.fact));
      await stateLevels(tx, levels);
    },
    due: (at, limit) =>
      statement(tx.db, (memory) =>
        memory
          .rows<Reservation>('reservation')
          .filter(({ state, expireTime }) => state === 'ACTIVE' && expireTime <= at)
          .sort((one, other) => one.expireTime.getTime() - other.expireTime.getTime())
          .slice(0, limit)
          .map(({ orderId }) => orderId),
      ),
  };
}

async function lockShelves(memory: MemoryTransaction, skus: readonly string[]): Promise<readonly Shelf[]> {
  const keys = memory
    .rows<Shelf>('stock')
    .filter(({ sku }) => skus.includes(sku))
    .map(shelfKey)
    .sort();
  const shelves: Shelf[] = [];
  for (const key of keys) {
    const shelf = await memory.locked<Shelf>('stock', key);
    if (shelf !== undefined) {
      shelves.push(shelf);
    }
  }
  return shelves;
}

async function write(memory: MemoryTransaction, decision: Decision): Promise<void> {
  const { reservation, changes, movements } = decision;
  const before = await memory.locked<Reservation>('reservation', reservation.orderId);
  if ((before?.sequence ?? 0) !== reservation.sequence - 1 && before !== undefined) {
    throw new Error(`The reservation of order ${reservation.orderId} changed meanwhile`);
  }
  // Only what was reserved has lines; a later state keeps them.
  const lines = decision.fact.kind === 'reserved' ? reservation.lines : (before?.lines ?? []);
  memory.put('reservation', reservation.orderId, { ...reservation, lines });
  for (const change of changes) {
    const shelf = await memory.locked<Shelf>('stock', shelfKey(change));
    if (shelf === undefined) {
      throw new Error(`The shelves of order ${reservation.orderId} changed meanwhile`);
    }
    memory.put('stock', shelfKey(change), {
      ...shelf,
      onHand: shelf.onHand + change.onHand,
      reserved: shelf.reserved + change.reserved,
    });
  }
  for (const movement of movements) {
    const row: MovementRow = { ...movement, orderId: reservation.orderId };
    memory.write('movement', String(memory.server.draw('movement')), row);
  }
}

async function stateLevels(tx: Tx<Tables>, facts: readonly LevelFact[]): Promise<void> {
  if (facts.length === 0) {
    return;
  }
  const numbered = await statement(tx.db, async (memory) => {
    const events = [];
    for (const fact of facts.toSorted((one, other) => (one.sku < other.sku ? -1 : 1))) {
      const last = await memory.locked<{ sequence: bigint }>('level_sequence', fact.sku);
      const sequence = (last?.sequence ?? 0n) + 1n;
      memory.put('level_sequence', fact.sku, { sequence });
      events.push(levelEvent(fact, sequence));
    }
    return events;
  });
  tx.append(...numbered);
}

/** The key of a shelf's row. */
export function shelfKey({ sku, locationId }: Pick<Shelf, 'sku' | 'locationId'>): string {
  return `${sku}@${locationId}`;
}
