"""Cost of the seal: lines inserted with and without the check of new rows (limit 1.25 times), and a month's digests."""

import statistics

from django.db import connection, transaction

from benchmarks.close import MARCH, NOW
from benchmarks.harness import seconds
from benchmarks.practice import build
from billing.close.compute import compute_chunk
from billing.close.moves import finish_computing, start_computing
from billing.models import ClaimLine, MonthClose
from billing.review.queries import pending_chunks
from billing.seal.decided_again import lines_that_differ
from billing.seal.signed_month import altered_rows, sign_month

LINES, ROUNDS = 6_000, 5
_TRIGGER = "billing_claimline_seal_insert"
# As many lines for each enrollment, each on its own day: every other check and trigger of the table runs too. Many
# lines of one enrollment would measure only the trigger that marks its worklist row again and again.
_INSERT = """
INSERT INTO billing_claimline (public_id, practice_id, claim_id, close_id, enrollment_id, patient_id, code, component, is_base,
  units, dos, modifiers, state, evidence, digest, policy, needs_attestation, flags, needs_look)
SELECT left(md5(l.id || '-' || n), 12), practice_id, claim_id, close_id, enrollment_id, patient_id, code, 'other', false, 1,
  date '1500-01-01' + n, '{}', 'proposed', evidence, digest, policy, false, '{}', false
FROM (SELECT DISTINCT ON (enrollment_id) * FROM billing_claimline WHERE close_id = %s) l, generate_series(1, %s) AS n
"""


def _inserted(close: MonthClose, *, checked: bool, each: int) -> float:
    """Seconds to insert lines, which are rolled back."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not checked:
            cursor.execute(f"ALTER TABLE billing_claimline DISABLE TRIGGER {_TRIGGER}")
        spent = seconds(lambda: cursor.execute(_INSERT, [close.pk, each]))
        transaction.set_rollback(True)
    return spent


def main(sizes: tuple[int, ...] = (300,)) -> None:
    """Print the ratios; `sizes` are numbers of enrollments whose month is signed and verified."""
    for size in sizes:
        _measure(size)


def _measure(size: int) -> None:
    practice, doctor = build(size)
    close = start_computing(practice=practice, month=MARCH, by=doctor, now=NOW)
    computing = seconds(lambda: [compute_chunk(pk, now=NOW) for pk in pending_chunks(close.pk)])
    finish_computing(close_pk=close.pk, now=NOW)
    close = MonthClose.objects.get(pk=close.pk)
    enrollments = ClaimLine.objects.filter(close=close).values("enrollment").distinct().count()
    each = LINES // enrollments
    # In turn, so that load on the machine affects both.
    pairs = [[_inserted(close, checked=checked, each=each) for checked in (False, True)] for _ in range(ROUNDS)]
    without, with_check = (statistics.median(pair[place] for pair in pairs) for place in (0, 1))
    print(
        f"seal: {each * enrollments:,} lines inserted with the check of new rows {with_check / without:.3f} times without "
        f"({without:.2f} s, limit 1.25)"
    )
    signing = seconds(lambda: sign_month(close, action="prepared", by=doctor, now=NOW))
    checking = statistics.median(seconds(lambda: altered_rows(close)) for _ in range(ROUNDS))
    deciding = statistics.median(seconds(lambda: lines_that_differ(close)) for _ in range(3))
    print(
        f"seal: {ClaimLine.objects.filter(close=close).count():,} lines of {size:,} enrollments: computed in "
        f"{computing:.2f} s, signed in {signing:.2f} s, rows compared in {checking:.2f} s "
        f"({checking / computing:.2f} times computing), decided again in {deciding:.2f} s ({deciding / computing:.2f})"
    )
