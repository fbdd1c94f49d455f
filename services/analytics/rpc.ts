import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { ErrorReason, ErrorReasonSchema } from '#gen/shopverse/analytics/v1/analytics_pb.ts';
import {
  AnalyticsService,
  GetTopProductsRequest_Order,
} from '#gen/shopverse/analytics/v1/analytics_service_pb.ts';
import { refusal } from '#platform/errors/refusal.ts';
import type { Clock } from '#platform/ports.ts';
import { bind, type RpcBinding } from '#platform/rpc/bind.ts';
import * as events from './adapters/event-questions.ts';
import * as books from './adapters/reconciliation-questions.ts';
import * as sales from './adapters/sales-questions.ts';
import { askOf } from './adapters/sources.ts';
import { finestFor, MAX_WINDOWS, type Period, type Range, windowsIn } from './domain/windows.ts';
import { eventHealth } from './event-health.ts';
import { toFigures, toFunnel, toPoint, toRange, toWindow } from './messages.ts';
import type { Ask } from './ports.ts';

const DEFAULT_PRODUCTS = 10;

/** The methods of analytics. */
export function createRpc({ ask, clock }: { readonly ask: Ask; readonly clock: Clock }): RpcBinding {
  return bind(AnalyticsService, {
    getSalesSummary: async (request, { signal }) => {
      const range = toRange(request.range);
      const rows = await askOf<sales.FiguresRow>(
        ask,
        'SALES',
        range,
        (source) => sales.salesSummary(source, range),
        signal,
      );
      return { figures: rows.map(toFigures) };
    },

    getRevenueSeries: async (request, { signal }) => {
      const range = toRange(request.range);
      const period = toWindow(request.period);
      refuseTooLong(range, period);
      const by = { period, currency: request.currencyCode, department: request.byDepartment };
      const rows = await askOf<sales.PointRow>(
        ask,
        'SALES',
        range,
        (source) => sales.revenueSeries(source, range, by),
        signal,
      );
      return { points: rows.map(toPoint) };
    },

    getFunnel: async (request, { signal }) => {
      const range = toRange(request.range);
      const rows = await askOf<events.StepRow>(
        ask,
        'FUNNEL',
        range,
        (source) => events.funnel(source, range, finestFor(range)),
        signal,
      );
      return { steps: toFunnel(rows) };
    },

    getTopProducts: async (request, { signal }) => {
      const range = toRange(request.range);
      const question = (source: sales.Source) =>
        sales.topProducts(source, range, {
          currency: request.currencyCode,
          department: request.department,
          rank: request.order === GetTopProductsRequest_Order.UNITS ? 'units' : 'revenue',
          limit: request.pageSize || DEFAULT_PRODUCTS,
        });
      const rows = await askOf<sales.ProductRow>(ask, 'SALES', range, question, signal);
      return {
        products: rows.map((row) => ({
          sku: row.sku,
          title: row.title,
          department: row.department,
          figures: toFigures(row),
        })),
      };
    },

    getEventHealth: async (_, { signal }) => ({
      topics: await eventHealth(ask, signal),
      readTime: timestampFromMs(clock.now().getTime()),
    }),

    getReconciliation: async (request, { signal }) => {
      const range = toRange(request.range);
      const [departments, days] = await Promise.all([
        ask<books.DepartmentRow>(books.departmentTotals(range), signal),
        ask<books.DayRow>(books.dayTotals(range), signal),
      ]);
      return {
        departments: departments.map((row) => ({ department: row.department, figures: toFigures(row) })),
        days: days.map((row) => ({ day: row.day, figures: toFigures(row) })),
      };
    },
  });
}

function refuseTooLong(range: Range, period: Period): void {
  const windows = windowsIn(range, period);
  if (windows <= MAX_WINDOWS) return;
  throw refusal(
    ErrorReasonSchema,
    ErrorReason.RANGE_TOO_LONG,
    `The range has ${windows} windows, and an answer holds ${MAX_WINDOWS}. Take a shorter range or longer windows.`,
    { metadata: { windows: String(windows), limit: String(MAX_WINDOWS) } },
  );
}
