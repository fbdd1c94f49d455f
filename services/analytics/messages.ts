import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import {
  FunnelStep,
  FunnelStepSchema,
  Period,
  type RevenuePointSchema,
  type SalesFiguresSchema,
  type TimeRange,
} from '#gen/shopverse/analytics/v1/analytics_pb.ts';
import type { StepRow } from './adapters/event-questions.ts';
import type { FiguresRow, PointRow } from './adapters/sales-questions.ts';
import type { Range, Period as Window } from './domain/windows.ts';

/** A request's range. Validation has seen to it that both ends are there, in order. */
export function toRange(range: TimeRange | undefined): Range {
  return { start: millis(range?.startTime), end: millis(range?.endTime) };
}

function millis(time: Timestamp | undefined): number {
  if (time === undefined) throw new TypeError('A range without an end came past validation');
  return timestampMs(time);
}

/** A request's period. */
export function toWindow(period: Period): Window {
  switch (period) {
    case Period.MINUTE:
      return 'MINUTE';
    case Period.HOUR:
      return 'HOUR';
    case Period.DAY:
      return 'DAY';
    default:
      throw new TypeError(`The period ${period} came past validation`);
  }
}

/** Figures of one currency. */
export function toFigures(row: FiguresRow): MessageInitShape<typeof SalesFiguresSchema> {
  const money = (minorUnits: string) => ({ currencyCode: row.currency, minorUnits: BigInt(minorUnits) });
  return {
    sold: money(row.sold),
    refunded: money(row.refunded),
    units: BigInt(row.units),
    baskets: BigInt(row.baskets),
    orders: BigInt(row.orders),
  };
}

/** A window of a series. */
export function toPoint(row: PointRow): MessageInitShape<typeof RevenuePointSchema> {
  return {
    startTime: timestampFromMs(row.start * 1000),
    department: row.department,
    figures: toFigures(row),
  };
}

/** Every step in order, with 0 for those without a row. */
export function toFunnel(rows: readonly StepRow[]): { step: FunnelStep; count: bigint }[] {
  const counts = new Map(rows.map((row) => [row.step, BigInt(row.count)]));
  const prefix = FunnelStepSchema.sharedPrefix?.toUpperCase() ?? '';
  return FunnelStepSchema.values
    .filter((value) => value.number !== FunnelStep.UNSPECIFIED)
    .map((value) => ({
      step: value.number as FunnelStep,
      count: counts.get(value.name.slice(prefix.length)) ?? 0n,
    }));
}
