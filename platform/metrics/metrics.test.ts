import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCallMetrics, type FinishedCall } from './call-metrics.ts';
import { createHistogram, histogramText, labelText, observe } from './histogram.ts';

const call: FinishedCall = {
  side: 'server',
  method: 'shopverse.order.v1.OrderService/PlaceOrder',
  code: 0,
  peer: 'cart',
  milliseconds: 7,
  requestBytes: 100,
  responseBytes: 5000,
};

test('a histogram counts what a count by hand counts', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 2000, noNaN: true })), (values) => {
      const bounds = [1, 10, 100, 1000];
      const histogram = createHistogram(bounds);
      for (const value of values) {
        observe(histogram, value);
      }
      const text = histogramText('x', 'a="b"', histogram);
      for (const bound of bounds) {
        const expected = values.filter((value) => value <= bound).length;
        assert(text.includes(`x_bucket{a="b",le="${bound}"} ${expected}\n`), text);
      }
      assert(text.includes(`x_bucket{a="b",le="+Inf"} ${values.length}\n`));
      assert(text.includes(`x_count{a="b"} ${values.length}\n`));
    }),
  );
});

test('a label’s value can’t end its quotes or its line', () => {
  assert.equal(labelText({ a: 'x"\n\\y' }), 'a="x\\"\\n\\\\y"');
});

test('calls of one workload are one series of the mesh, over all methods, and one of ours each', () => {
  const metrics = createCallMetrics('order');
  metrics.record(call);
  metrics.record({ ...call, method: 'shopverse.order.v1.OrderService/GetOrder' });
  const text = metrics.text();
  const requests = text.split('\n').filter((line) => line.startsWith('istio_requests_total{'));
  assert.equal(requests.length, 1);
  assert.match(
    requests[0] ?? '',
    /reporter="destination",source_workload="cart".*destination_workload="order".*\} 2$/,
  );
  assert.match(requests[0] ?? '', /source_principal="spiffe:\/\/cluster\.local\/ns\/shopverse\/sa\/cart"/);
  assert.match(requests[0] ?? '', /response_code="200",grpc_response_status="0"/);
  assert.equal(text.match(/rpc_server_call_duration_seconds_count\{/g)?.length, 2);
  assert.match(text, /istio_response_bytes_bucket\{[^}]*le="4096"\} 0\n/);
  assert.match(text, /istio_response_bytes_bucket\{[^}]*le="16384"\} 2\n/);
});

test('the client’s side reports as the source', () => {
  const metrics = createCallMetrics('order');
  metrics.record({ ...call, side: 'client', code: 14 });
  assert.match(
    metrics.text(),
    /istio_requests_total\{reporter="source",source_workload="order".*destination_service="cart\.shopverse\.svc\.cluster\.local".*grpc_response_status="14".*connection_security_policy="unknown"\} 1/,
  );
});

test('no series is written twice and every line is Prometheus’ text format', () => {
  const metrics = createCallMetrics('order');
  for (const side of ['server', 'client'] as const) {
    for (const code of [0, 5, 14]) {
      metrics.record({ ...call, side, code });
      metrics.record({ ...call, side, code, peer: undefined });
    }
  }
  const series = metrics
    .text()
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  const names = series.map((line) => line.slice(0, line.lastIndexOf(' ')));
  assert.equal(new Set(names).size, names.length);
  for (const line of series) {
    assert.match(line, /^[a-z_]+\{([a-z_]+="[^"]*",?)+\} [\d.e+-]+$/);
  }
});
