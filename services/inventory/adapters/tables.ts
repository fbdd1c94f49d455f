import type { Generated } from 'kysely';
import type { ReservationState } from '../domain/reservation.ts';

/** The inventory's tables, as the README describes them. Units are whole numbers; int8 comes as bigint. */
export type Tables = {
  location: { location_id: string; display_name: string; priority: number; create_time: Date };
  stock: {
    sku: string;
    location_id: string;
    on_hand: bigint;
    reserved: bigint;
    restock_threshold: bigint;
    update_time: Date;
  };
  level_sequence: { sku: string; sequence: bigint };
  movement: {
    sku: string;
    movement_id: string;
    location_id: string;
    kind: 'RECEIPT' | 'ADJUSTMENT' | 'SALE' | 'RETURN';
    quantity: bigint;
    order_id: string | null;
    attempt: Generated<number>;
    note: Generated<string>;
    create_time: Date;
  };
  reservation: {
    order_id: string;
    state: ReservationState;
    sequence: bigint;
    expire_time: Date;
    create_time: Date;
    update_time: Date;
  };
  reservation_line: { order_id: string; sku: string; location_id: string; quantity: bigint };
};
