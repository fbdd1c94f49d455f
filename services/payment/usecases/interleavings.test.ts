import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isOpen } from '../domain/attempt.ts';
import { decide } from '../domain/decide.ts';
import { postings } from '../domain/ledger.ts';
import type { Message } from '../domain/messages.ts';
import { evolve, isFact, type Payment } from '../domain/payment.ts';
import { requested } from '../domain/request.ts';
import type { Answer, Job } from '../ports.ts';
import { askProvider } from './ask-provider.ts';
import { type Card, type Fault, modelProvider } from './model-provider.ts';

const deadline = 10_000;

/** One thing that happens: a worker claims and calls, a result is recorded, a webhook comes, somebody wants something. */
type Step =
  | { readonly do: 'claim'; readonly pick: number; readonly faults: readonly Fault[] }
  | { readonly do: 'record'; readonly pick: number }
  | { readonly do: 'webhook'; readonly pick: number }
  | { readonly do: 'confirm' }
  | { readonly do: 'cancel' }
  | { readonly do: 'refund'; readonly amount: number }
  | { readonly do: 'expire' }
  | { readonly do: 'arrive' }
  | { readonly do: 'pass'; readonly ms: number };

const fault = fc.constantFrom<Fault>(
  'none',
  'none',
  'lost-request',
  'delayed-request',
  'lost-answer',
  'not-sent',
);
const pick = fc.nat({ max: 7 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('claim'), pick, faults: fc.array(fault, { maxLength: 3 }) }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('record'), pick }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('webhook'), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('confirm') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel') }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('refund'), amount: fc.integer({ min: 1, max: 120 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('arrive') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.integer({ min: 1, max: 8_000 }) }) },
) as fc.Arbitrary<Step>;

/** A payment and its provider, with claims and fences as the store keeps them. */
function shop(card: Card) {
  const provider = modelProvider(card);
  let payment = requested({ paymentId: 'p', orderId: 'o', userId: 'u', currency: 'USD', amount: 100n });
  let now = 0;
  const claims = new Map<string, number>();
  const results: { readonly job: Job; readonly answer: Answer }[] = [];
  const facts: string[] = [];
  let holds = 0;
  let ends = 0;
  let refunds = 0;

  function apply(message: Message): void {
    const decision = decide(payment, message);
    if (decision.kind === 'refused') {
      return;
    }
    for (const change of decision.changes) {
      const lines = postings(payment, change);
      // I-20
      assert.equal(
        lines.reduce((sum, line) => sum + line.amount, 0n),
        0n,
      );
      const before = payment;
      payment = evolve(payment, change);
      if (isFact(change)) {
        facts.push(change.kind);
        holds += change.kind === 'authorised' ? 1 : 0;
        ends += before.state === 'AUTHORISED' && payment.state !== 'AUTHORISED' ? 1 : 0;
      }
      // I-22
      const { refunded, captured, authorised, amount } = payment;
      assert.ok(0n <= refunded && refunded <= captured && captured <= authorised && authorised <= amount);
      // I-25
      assert.ok(ends <= holds && holds <= 1, `${holds} holds and ${ends} ends`);
    }
    assert.equal(payment.version, BigInt(facts.length));
  }

  async function claim(which: number, faults: readonly Fault[]): Promise<void> {
    const open = payment.attempts.filter(isOpen);
    const attempt = open[which % Math.max(open.length, 1)];
    if (attempt === undefined) {
      return;
    }
    const number = (claims.get(attempt.key) ?? 0) + 1;
    claims.set(attempt.key, number);
    const job: Job = {
      ...{ key: attempt.key, operation: attempt.operation, amount: attempt.amount, sent: attempt.sent },
      ...{ paymentId: 'p', orderId: 'o', currency: 'USD', token: 't', reference: payment.reference },
      ...{ claim: BigInt(number), tries: number, cancelling: payment.cancelling },
      ...{ deadline: new Date(deadline), createTime: new Date(0) },
      origin: { correlationId: 'c', causationId: undefined, traceparent: '' },
    };
    payment = {
      ...payment,
      attempts: payment.attempts.map((a) => (a.key === job.key ? { ...a, sent: true } : a)),
    };
    provider.faults.splice(0, provider.faults.length, ...faults);
    results.push({ job, answer: await askProvider(provider, job, () => now) });
  }

  function record(which: number): void {
    const [result] = results.splice(which % Math.max(results.length, 1), 1);
    if (result === undefined) {
      return;
    }
    const { job, answer } = result;
    const attempt = payment.attempts.find(({ key }) => key === job.key);
    if (attempt === undefined || !isOpen(attempt) || BigInt(claims.get(job.key) ?? 0) !== job.claim) {
      return;
    }
    if (answer.kind === 'heard') {
      apply(answer.message);
    } else if (answer.kind === 'unclear') {
      apply({ kind: 'unclear', key: job.key, code: answer.code });
    } else {
      payment = {
        ...payment,
        attempts: payment.attempts.map((a) => (a.key === job.key ? { ...a, sent: job.sent } : a)),
      };
    }
  }

  return {
    provider,
    facts,
    payment: (): Payment => payment,
    async take(what: Step): Promise<void> {
      switch (what.do) {
        case 'claim':
          return claim(what.pick, what.faults);
        case 'record':
          return record(what.pick);
        case 'webhook': {
          // Any that was ever sent: late, twice, out of order.
          const message = provider.told[what.pick % Math.max(provider.told.length, 1)];
          return message === undefined ? undefined : apply(message);
        }
        case 'confirm':
          // An order confirms what it heard to be authorised, and not after it cancelled.
          return facts.includes('authorised') && !payment.cancelling
            ? apply({ kind: 'capture-requested', amount: 100n })
            : undefined;
        case 'cancel':
          return apply({ kind: 'cancel-requested' });
        case 'refund': {
          const refund = { which: `r${++refunds}`, amount: BigInt(what.amount), currency: 'USD' };
          return apply({ kind: 'refund-requested', refund: { ...refund, reason: 'x', requestedBy: 's' } });
        }
        case 'expire':
          // A hold lasts for days, and an unclear answer for minutes.
          return payment.state === 'AUTHORISED' ? provider.expire() : undefined;
        case 'arrive':
          provider.arrive();
          return;
        case 'pass':
          now += what.ms;
          return;
        default:
          return what satisfies never;
      }
    },
    /** The network is well again: everything open is worked on until nothing is. */
    async settle(): Promise<number> {
      results.length = 0;
      for (let rounds = 0; rounds < 40; rounds++) {
        if (!payment.attempts.some(isOpen)) {
          return rounds;
        }
        await claim(0, []);
        record(0);
      }
      return 40;
    },
  };
}

const card = fc.constantFrom<Card>('good', 'good', 'good', 'declined', 'capture-fails', 'first-refund-fails');

test('I-20 I-22 I-23 I-24 I-25 hold however answers, webhooks, refunds and cancellations interleave', async () => {
  await fc.assert(
    fc.asyncProperty(
      card,
      fc.array(step, { maxLength: 40 }),
      fc.boolean(),
      async (kind, steps, cancelled) => {
        const shopped = shop(kind);
        for (const what of steps) {
          await shopped.take(what);
        }
        if (cancelled) {
          await shopped.take({ do: 'cancel' });
        }
        assert.ok((await shopped.settle()) < 40, 'it never gets quiet');
        const { provider, facts } = shopped;
        // Even a request that was under way all the while changes nothing any more.
        while (provider.arrive()) {}
        const payment = shopped.payment();

        // I-24
        assert.ok(payment.state !== 'PENDING' && payment.state !== 'UNKNOWN', payment.state);
        // I-23: what the provider moved is what succeeded here, each under its key.
        const line = (of: { key: string; operation: string; amount: bigint }) =>
          `${of.key} ${of.operation} ${of.amount}`;
        const succeeded = payment.attempts.filter(({ outcome }) => outcome === 'SUCCEEDED');
        assert.deepEqual(succeeded.map(line).sort(), provider.movements.map(line).sort());
        // I-15: nothing of a cancelled order's money stays behind, and the order is told so.
        if (payment.cancelling) {
          assert.equal(payment.captured - payment.refunded, 0n);
          assert.notEqual(provider.status(), 'held');
          const answers = ['declined', 'voided', 'expired', 'refunded-in-full', 'nothing-held'];
          assert.ok(
            facts.some((fact) => answers.includes(fact)),
            facts.join(' '),
          );
        }
      },
    ),
    { numRuns: 3_000 },
  );
});
