import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { frontPort, instancePorts, MAX_INSTANCES, portsFor, SERVICES } from './ports.ts';

test('the edge of the default base is 8080', () => {
  assert.equal(portsFor(8000).edge, 8080);
});

test('no two listeners of a stack share a port, and none is ephemeral', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1024, max: 32_168 }), (base) => {
      const { base: _, ...parts } = portsFor(base);
      const instances = SERVICES.flatMap((service) =>
        Array.from({ length: MAX_INSTANCES }, (_, n) => instancePorts(base, service, n + 1)),
      );
      const fronts = Array.from({ length: MAX_INSTANCES }, (_, n) =>
        frontPort(instancePorts(base, 'gateway', n + 1).http),
      );
      const all = [
        ...Object.values(parts),
        ...instances.flatMap(({ grpc, http }) => [grpc, http]),
        ...fronts,
      ];
      assert.equal(new Set(all).size, all.length);
      assert.ok(all.every((port) => port > 1024 && port < 32_768));
    }),
    { numRuns: 50 },
  );
});

test('stacks a thousand apart do not meet', () => {
  const { base: _, ...parts } = portsFor(8000);
  assert.ok(Object.values(parts).every((port) => port < 9000));
});

test('a base that leaves no room is refused with a sentence', () => {
  for (const base of [0, 80, 32_500, 8000.5, Number.NaN]) assert.throws(() => portsFor(base), /Try 8000/);
});

test('there is no tenth instance', () => {
  assert.throws(() => instancePorts(8000, 'order', MAX_INSTANCES + 1), /1 to 9/);
});
