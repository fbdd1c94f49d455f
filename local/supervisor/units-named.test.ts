import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meant } from './units-named.ts';

const NAMES = ['flink-jobmanager', 'flink-taskmanager', 'payment-1', 'payment-2', 'payment-simulator-1'];

test('a process is meant by its own name', () => {
  assert.deepEqual(meant('payment-2', NAMES), ['payment-2']);
});

test('a service’s name means its instances, and not another whose name begins with it', () => {
  assert.deepEqual(meant('payment', NAMES), ['payment-1', 'payment-2']);
  assert.deepEqual(meant('payment-simulator', NAMES), ['payment-simulator-1']);
});

test('a part’s name means its processes', () => {
  assert.deepEqual(meant('flink', NAMES), ['flink-jobmanager', 'flink-taskmanager']);
});

test('a name that means nothing is answered with those there are', () => {
  assert.throws(() => meant('postgre', NAMES), /There is no "postgre" here. There are: flink-jobmanager/);
  assert.throws(() => meant(undefined, NAMES), /A name is needed/);
});
