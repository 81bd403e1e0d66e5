"""The queue of everything that leaves the portal: messages, staff notices, EHR write-back.

The queue knows rows, not what they contain: a row has a `kind`, an opaque `reference` that only the kind resolves, and
`params` with ids and codes. The text that is sent is made at sending and never stored; the row keeps its SHA-256.

How a package uses it:

1. It registers its kind once, in `AppConfig.ready` (`registry.register_kind(OutboxKind(name=..., label=...,
   may_send=..., send=...))`).
   - `may_send(row, now) -> SendVerdict` is asked in the transaction that marks the row as begun, immediately before
     the sending: `send_now()`, `hold_until(moment, why)` or `drop(why)`. A refusal that commits before wins.
   - `send(row, now) -> SendOutcome` sends outside of any transaction and answers `accepted(provider_id, digest=...)`
     (taken; a receipt follows), `delivered(...)` (no receipt follows), `try_later(why, after=...)` (surely not sent),
     `refused(why)` (never again), or `unsure(why)` (a time-out or a 5xx: it may have been sent). An exception that
     `send` raises counts as unsure.
   - `settle(row, now)` is asked about an unsure row after `unsure_wait`: `accepted` if the other system has it,
     `try_later` if it surely has not, or `unsure` to leave it to a person. Without it an unsure row stays.
   - `on_change(row, now)` runs in the transaction of each change of state.
2. `services.queue(practice=..., kind=..., reference=..., key=..., now=...)` in the transaction of the act. The same
   (practice, key) again returns the row that exists: an act queues once. The worker is called on commit; the
   scheduler looks every 30 seconds.
3. `receipts.record_receipt(...)` takes the other system's reports in any order and any number. The state follows from
   the set of receipts (highest rank), never from the order of arrival.
4. `services.send_again(row, ...)` and `services.close(row, ...)` are the actions of the page of what did not go out.

States: ready -> sending -> accepted -> delivered or undelivered; sending -> unsure; refused; dead (tried five times);
held (until `due_at`); dropped (not allowed any more, or too late). A lease that runs out before `begun_at` is set makes
the row ready again; afterwards it makes it unsure, never ready, because the message may have been sent.
"""
