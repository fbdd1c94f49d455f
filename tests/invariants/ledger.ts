import type { Invariant } from './invariant.ts';
import { sqlInvariant } from './sql-invariant.ts';

const service = 'payment';

/** What must hold of the ledger and the payments it is about. */
export const ledgerInvariants: readonly Invariant[] = [
  sqlInvariant({
    id: 'I-20',
    sentence:
      'ledger: per transaction and currency the postings sum to 0, and per payment they come to what it says',
    when: 'always',
    service,
    looksAt: { postings: 'ledger_entry', payments: 'payment' },
    examples: [
      `select format('transaction %s sums to %s %s', transaction_id, sum(amount), currency) as example
       from ledger_entry group by transaction_id, currency having sum(amount) <> 0`,
      `select format('payment %s has taken %s and paid back %s; its ledger says %s and %s, and %s held',
           payment_id, captured, refunded, coalesce(earned, 0), coalesce(given, 0), coalesce(held, 0)) as example
       from payment left join (
         select payment_id, -sum(amount) filter (where account = 'REVENUE') as earned,
           sum(amount) filter (where account = 'REFUNDS') as given,
           sum(amount) filter (where account = 'AUTHORISED') as held,
           sum(amount) filter (where account = 'PROVIDER_BALANCE') as balance
         from ledger_entry group by payment_id) as posted using (payment_id)
       where captured <> coalesce(earned, 0) or refunded <> coalesce(given, 0)
         or captured - refunded + owed <> coalesce(balance, 0)
         or coalesce(held, 0) <> case when state = 'AUTHORISED' then authorised else 0 end`,
    ],
  }),
  sqlInvariant({
    id: 'I-21',
    sentence: "ledger is append-only: the service's role has no UPDATE or DELETE on it",
    when: 'always',
    service,
    looksAt: { roles: "pg_roles where not rolsuper and rolname not like 'pg\\_%'" },
    examples: [
      `select format('the role %s has %s on ledger_entry', rolname, privilege) as example
       from pg_roles cross join unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) as privilege
       where not rolsuper and rolname not like 'pg\\_%'
         and has_table_privilege(pg_roles.oid, 'ledger_entry', privilege)`,
    ],
  }),
  sqlInvariant({
    id: 'I-22',
    sentence: '0 <= owed <= refunded <= captured <= authorised <= total',
    when: 'always',
    service,
    looksAt: { payments: 'payment' },
    examples: [
      `select format('payment %s: refunded %s, captured %s, authorised %s, of %s', payment_id, refunded, captured,
         authorised, amount) as example
       from payment
       where not (0 <= owed and owed <= refunded and refunded <= captured and captured <= authorised and authorised <= amount)`,
    ],
  }),
  sqlInvariant({
    id: 'I-24',
    sentence: 'no payment is UNKNOWN, nor anything asked of the provider unanswered, for 5 min',
    when: 'quiet',
    service,
    looksAt: { payments: 'payment', 'things asked of the provider': 'attempt' },
    examples: [
      `select format('payment %s is UNKNOWN since %s', payment_id, updated_at) as example
       from payment where state = 'UNKNOWN' and updated_at < now() - interval '5 minutes'`,
      `select format('%s is %s since %s', idempotency_key, outcome, created_at) as example
       from attempt where outcome in ('PENDING', 'UNKNOWN') and created_at < now() - interval '5 minutes'`,
    ],
  }),
  sqlInvariant({
    id: 'I-25',
    sentence: 'an authorisation ends once: captured, voided or expired',
    when: 'always',
    service,
    looksAt: { authorisations: 'payment where authorised > 0' },
    examples: [
      `select format('payment %s: held %s times, let go %s times', payment_id,
         count(*) filter (where amount > 0), count(*) filter (where amount < 0)) as example
       from ledger_entry where account = 'AUTHORISED' group by payment_id
       having count(*) filter (where amount > 0) > 1 or count(*) filter (where amount < 0) > 1`,
      `select format('payment %s: %s', payment_id, string_agg(operation, ' and ' order by position)) as example
       from attempt where outcome = 'SUCCEEDED' and operation in ('CAPTURE', 'VOID')
       group by payment_id having count(*) > 1`,
    ],
  }),
];
