import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  modelCoupons,
  modelInventory,
  modelPayment,
  type Participant,
} from '../testing/model-participants.ts';
import { advance, type Message } from './checkout.ts';
import { type Fact, type Order, place } from './order.ts';
import { isFinal, type State, transitions } from './order-state.ts';

const total = { currency: 'USD', minorUnits: 1250n };
const waits = { ReserveDeadline: 10, PaymentDeadline: 10, CaptureDeadline: 10, CompensationDeadline: 10 };

/**
 * One order and its participants. The facts and the answers travel as they do on Kafka: in order for each key,
 * at any speed between keys; and each answer may come again at any later time.
 */
function world(scenario: { coupon: boolean; counter: boolean; choices: readonly boolean[] }) {
  let choice = 0;
  const choose = () => scenario.choices[choice++ % scenario.choices.length] ?? false;
  const answers: Message[][] = [[], [], []];
  const said: Message[] = [];
  const answering = (participant: number) => (message: Message) => void answers[participant]?.push(message);
  const participants: Participant[] = [
    modelInventory(answering(0), choose),
    modelPayment(answering(1), choose, total),
    modelCoupons(answering(2), choose, scenario.coupon),
  ];
  const heard = [0, 0, 0];
  const placed = place(
    {
      orderId: 'o',
      userId: 'u',
      placedBy: 'u',
      channel: 'ONLINE',
      totals: { ...total, subtotal: 1250n, discount: 0n, shipping: 0n, tax: 0n, total: total.minorUnits },
      couponCode: scenario.coupon ? 'SPRING' : undefined,
      cartId: undefined,
      paymentMethodToken: 'pm_card_visa',
      method: scenario.counter ? 'COUNTER' : 'DELIVERY',
    },
    new Date(0),
    new Date(10),
  );
  let order = placed.order;
  const log: Fact[] = placed.stated.map(({ fact }) => fact);
  const history: State[] = placed.history.map((entry) => entry.state);
  const ignored: string[] = [];

  const tell = (message: Message) => {
    const step = advance(order, message, { now: new Date(0), waits, paymentId: 'p' });
    if (step.kind === 'ignored') {
      ignored.push(`${message.type} in ${order.state}: ${step.why}`);
      return;
    }
    order = step.order;
    if (order.state === 'CANCELLED' || order.state === 'REJECTED') {
      assert.deepEqual(
        participants.map((participant) => participant.holds()),
        [false, false, false],
        `${order.state} by ${message.type} while something is held`,
      );
    }
    log.push(...step.stated.map(({ fact }) => fact));
    history.push(...step.history.map((entry) => entry.state));
  };
  /** The next fact that a participant hasn't heard, or its next answer: whichever there is. */
  const carry = (which: number): boolean => {
    const participant = which % 3;
    const answer = which < 3 ? answers[participant]?.shift() : undefined;
    if (answer !== undefined) {
      said.push(answer);
      tell(answer);
      return true;
    }
    const fact = log[heard[participant] ?? 0];
    if (fact === undefined) {
      return false;
    }
    heard[participant] = (heard[participant] ?? 0) + 1;
    participants[participant]?.hear(fact);
    return true;
  };
  return {
    order: (): Order => order,
    log,
    history,
    ignored,
    participants,
    /** One move of the world, chosen by a number. */
    move(number: number) {
      const again = said[Math.floor(number / 12) % Math.max(said.length, 1)];
      const move = number % 12;
      if (move < 6) {
        carry(move);
      } else if (move === 6 && again !== undefined) {
        tell(again);
      } else if (move === 7 && order.deadline !== undefined) {
        tell({ type: order.deadline.kind });
      } else if (move === 8) {
        participants[Math.floor(number / 12) % 3]?.stir();
      } else if (move === 9 && number % 5 === 0) {
        tell({ type: number % 2 === 0 ? 'CustomerCancelled' : 'StaffCancelled' });
      }
    },
    /** Heals everything: carries until nothing is left, then lets the time pass until the order is settled. */
    heal() {
      for (let round = 0; round < 50 && !isSettled(order.state); round++) {
        while ([0, 1, 2, 3, 4, 5].map(carry).some(Boolean));
        participants[1]?.stir();
        while ([0, 1, 2, 3, 4, 5].map(carry).some(Boolean));
        if (order.deadline !== undefined) {
          tell({ type: order.deadline.kind });
        }
      }
      while ([0, 1, 2, 3, 4, 5].map(carry).some(Boolean));
      for (const message of said) {
        tell(message);
      }
    },
  };
}

const isSettled = (state: State) => state === 'PAID' || isFinal(state);

const scenarios = fc.record({
  coupon: fc.boolean(),
  counter: fc.boolean(),
  choices: fc.array(
    fc.nat(4).map((n) => n === 0),
    { minLength: 1, maxLength: 8 },
  ),
  moves: fc.array(fc.nat(10_000), { maxLength: 80 }),
});

function ran(scenario: typeof scenarios extends fc.Arbitrary<infer S> ? S : never) {
  const run = world(scenario);
  for (const number of scenario.moves) {
    run.move(number);
  }
  run.heal();
  return run;
}

const runs = { numRuns: 3000 };

test('I-12 however the messages come, an order settles, and its history is a path of the state machine', () => {
  fc.assert(
    fc.property(scenarios, (scenario) => {
      const { order, history } = ran(scenario);
      assert.ok(isSettled(order().state), history.join(' '));
      assert.equal(history[0], 'PLACED');
      for (const [index, entered] of history.slice(1).entries()) {
        const from = history[index] as State;
        assert.ok(Object.values(transitions[from]).includes(entered), `${from} -> ${entered}`);
      }
      assert.equal(history.at(-1), order().state);
    }),
    runs,
  );
});

test('I-14 I-15 I-16 every step is kept or compensated, exactly once, as the end of the order says', () => {
  fc.assert(
    fc.property(scenarios, (scenario) => {
      const { order, log, participants } = ran(scenario);
      const done = Object.assign({}, ...participants.map(({ effects }) => effects)) as Record<string, number>;
      const sold = order().state === 'PAID' || order().state === 'FULFILLED';
      const net = {
        sold: n(done, 'commit') - n(done, 'takeBack'),
        reserved: n(done, 'reserve') - n(done, 'commit') - n(done, 'release'),
        captured: n(done, 'capture') - n(done, 'refund'),
        authorised: n(done, 'authorise') - n(done, 'capture') - n(done, 'void'),
        coupon: n(done, 'hold') - n(done, 'giveBack'),
      };
      const kept = sold ? 1 : 0;
      assert.deepEqual(net, {
        sold: kept,
        reserved: 0,
        captured: kept,
        authorised: 0,
        coupon: scenario.coupon ? kept : 0,
      });
      for (const [effect, times] of Object.entries(done)) {
        assert.ok(times <= 1, `${effect} was done ${times} times`);
      }
      for (const type of ['OrderPaid', 'PaymentRequested', 'OrderCancellationStarted', 'OrderCancelled']) {
        assert.ok(log.filter((fact) => fact.type === type).length <= 1, type);
      }
    }),
    runs,
  );
});

function n(done: Record<string, number>, effect: string): number {
  return done[effect] ?? 0;
}

test('participants that keep to their contracts never say what nothing asked for', () => {
  fc.assert(
    fc.property(scenarios, (scenario) => {
      const { ignored } = ran(scenario);
      assert.deepEqual(
        ignored.filter((line) => line.endsWith('unasked')),
        [],
      );
    }),
    runs,
  );
});

test('I-30 each fact has the next sequence number', () => {
  fc.assert(
    fc.property(scenarios, (scenario) => {
      const { order, log } = ran(scenario);
      assert.equal(order().version, BigInt(log.length));
    }),
    runs,
  );
});

test('with nothing in the way an order is paid, at the counter fulfilled', () => {
  for (const coupon of [false, true]) {
    for (const counter of [false, true]) {
      const { order, history } = ran({ coupon, counter, choices: [false], moves: [] });
      assert.equal(order().state, counter ? 'FULFILLED' : 'PAID', history.join(' '));
    }
  }
});

test('a message that contradicts the order is refused loudly', () => {
  const run = world({ coupon: false, counter: false, choices: [false] });
  for (let moves = 0; run.order().state !== 'STOCK_RESERVED' && moves < 10; moves++) {
    run.move(0);
  }
  const surroundings = { now: new Date(0), waits, paymentId: 'p2' };
  for (const [paymentId, amount] of [
    ['p', { currency: 'USD', minorUnits: 1249n }],
    ['p', { currency: 'EUR', minorUnits: 1250n }],
    ['other', total],
  ] as const) {
    assert.throws(
      () => advance(run.order(), { type: 'PaymentAuthorised', paymentId, amount }, surroundings),
      /contradicts/,
    );
  }
});
