"""The summary of a sealed month as PDF: who sealed it, its digests, its lines and the codes not billed."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Sum

from billing.evidence import packet_pdf
from billing.evidence.packet import Part
from billing.models import ClaimLine, MonthClose
from billing.policies.in_force import policies_of
from billing.review.month_lines import unbilled_verdicts
from enrollment.models import Payer
from rpm_portal.audit.models import Event
from rpm_portal.core.days import Month


def write(close: MonthClose) -> bytes:
    """The summary as PDF; the same sealed month gives the same bytes. Seven statements."""
    month = Month.of(close.month)
    period = f"{month.first_day} to {month.last_day} ({close.zone})"
    return packet_pdf.summary(f"Close report of {month.words}", close.practice.name, period, parts_of(close))


def parts_of(close: MonthClose) -> tuple[Part, ...]:
    """The tables of the summary, in their order."""
    month = Month.of(close.month)
    return (
        _seal_part(close),
        _digests_part(close),
        _lines_part(close),
        _unbilled_part(close),
        _policies_part(close, month),
        _attestations_part(close),
    )


def _make_part(key: str, title: str, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Part:
    return Part(key, title, "", columns, tuple(tuple(str(cell) for cell in row) for row in rows))


def _at(close: MonthClose, moment: datetime | None) -> str:
    return f"{moment.astimezone(ZoneInfo(close.zone)):%Y-%m-%d %H:%M:%S}" if moment else ""


def _seal_part(close: MonthClose) -> Part:
    rows = [
        ("Calculated", f"calculation {close.run}", _at(close, close.computed_at)),
        ("Submitted for lock by", close.prepared_by or "", _at(close, close.prepared_at)),
        ("Locked by", close.sealed_by or "", _at(close, close.sealed_at)),
    ]
    if close.single_person_reason:
        rows.append(("By one person because", close.single_person_reason, ""))
    # The latest seal event: a month may have been reopened and sealed again.
    events = Event.objects.filter(practice=close.practice_id, action="seal_month", subject=f"month:{close}")
    if (event := events.order_by("-number").first()) is not None:
        rows.append(("Entry of the audit chain", f"No. {event.number}", event.digest))
    return _make_part("seal", "Lock", ("What", "By", "At"), rows)


def _digests_part(close: MonthClose) -> Part:
    rows = [
        ("Engine", close.engine),
        ("Facts", close.facts_digest),
        ("Payers' policies", close.policies_digest or "not kept"),
        ("Code set", close.codes_digest or "not kept"),
        ("Lines proposed", close.output_digest),
    ]
    return _make_part("digests", "Decided with", ("What", "SHA-256"), rows)


def _lines_part(close: MonthClose) -> Part:
    rows = ClaimLine.objects.filter(close=close).exclude(state="void").order_by("code", "state")
    counts = rows.values_list("code", "state").annotate(n=Count("pk"), units=Sum("units"))
    return _make_part("lines", "Lines", ("Code", "State", "Lines", "Units"), counts)


def _unbilled_part(close: MonthClose) -> Part:
    counts = unbilled_verdicts(close).order_by("code", "outcome").values_list("code", "outcome").annotate(n=Count("pk"))
    rows = [(code, outcome.replace("_", " "), number) for code, outcome, number in counts]
    return _make_part("refused", "Codes not billed", ("Code", "Outcome", "Enrollments"), rows)


def _policies_part(close: MonthClose, month: Month) -> Part:
    policies = policies_of(close.practice_id, on=month.last_day)
    payers = dict(Payer.objects.filter(practice=close.practice_id, pk__in=policies).values_list("pk", "name"))
    rows = [(payers[key], policy.name.replace("_", " ")) for key, policy in sorted(policies.items())]
    return _make_part("policies", "Payer rules in effect on the last day", ("Payer", "Rules"), rows)


def _attestations_part(close: MonthClose) -> Part:
    rows = [(row.signed_as, _at(close, row.signed_at), len(row.line_ids)) for row in close.attestations.all()]
    return _make_part("attested", "Attestations", ("Provider", "At", "Lines"), rows)
