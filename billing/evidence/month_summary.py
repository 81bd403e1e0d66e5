"""A sealed month on paper: who sealed it, what it was decided with, what it bills and what it does not."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Sum

from billing.evidence import packet_pdf
from billing.evidence.packet import Part
from billing.models import ClaimLine, MonthClose
from billing.policies.in_force import policies_of
from billing.review.month_lines import refused
from enrollment.models import Payer
from rpm_portal.audit.models import Event
from rpm_portal.core.days import Month


def write(close: MonthClose) -> bytes:
    """The summary as PDF; the same sealed month gives the same bytes. Seven statements."""
    month = Month.of(close.month)
    period = f"{month.first_day} to {month.last_day} ({close.zone})"
    return packet_pdf.summary(f"Seal of {month.words}", close.practice.name, period, parts_of(close))


def parts_of(close: MonthClose) -> tuple[Part, ...]:
    """The tables of the summary, in their order."""
    month = Month.of(close.month)
    return _seal(close), _digests(close), _lines(close), _refused(close), _policies(close, month), _signed(close)


def _part(key: str, title: str, columns: tuple[str, ...], rows: Any) -> Part:
    return Part(key, title, "", columns, tuple(tuple(str(cell) for cell in row) for row in rows))


def _at(close: MonthClose, moment: Any) -> str:
    return f"{moment.astimezone(ZoneInfo(close.zone)):%Y-%m-%d %H:%M:%S}" if moment else ""


def _seal(close: MonthClose) -> Part:
    rows = [
        ("Computed", f"computation {close.run}", _at(close, close.computed_at)),
        ("Prepared by", close.prepared_by or "", _at(close, close.prepared_at)),
        ("Sealed by", close.sealed_by or "", _at(close, close.sealed_at)),
    ]
    if close.alone_reason:
        rows.append(("By one person because", close.alone_reason, ""))
    # The latest seal: a month may have been reopened and sealed again.
    told = Event.objects.filter(practice=close.practice_id, action="seal_month", subject=f"month:{close}")
    if (event := told.order_by("-number").first()) is not None:
        rows.append(("Entry of the audit chain", f"No. {event.number}", event.digest))
    return _part("seal", "The seal", ("What", "By", "At"), rows)


def _digests(close: MonthClose) -> Part:
    rows = [
        ("Engine", close.engine),
        ("Facts", close.facts_digest),
        ("Payers' policies", close.policies_digest or "not kept"),
        ("Code set", close.codes_digest or "not kept"),
        ("Lines proposed", close.output_digest),
    ]
    return _part("digests", "Decided with", ("What", "SHA-256"), rows)


def _lines(close: MonthClose) -> Part:
    rows = ClaimLine.objects.filter(close=close).exclude(state="void").order_by("code", "state")
    told = rows.values_list("code", "state").annotate(n=Count("pk"), units=Sum("units"))
    return _part("lines", "Lines", ("Code", "State", "Lines", "Units"), told)


def _refused(close: MonthClose) -> Part:
    counts = refused(close).order_by("code", "outcome").values_list("code", "outcome").annotate(n=Count("pk"))
    told = [(code, outcome.replace("_", " "), number) for code, outcome, number in counts]
    return _part("refused", "Codes not billed", ("Code", "Outcome", "Enrollments"), told)


def _policies(close: MonthClose, month: Month) -> Part:
    found = policies_of(close.practice_id, on=month.last_day)
    payers = dict(Payer.objects.filter(practice=close.practice_id, pk__in=found).values_list("pk", "name"))
    told = [(payers[key], policy.name.replace("_", " ")) for key, policy in sorted(found.items())]
    return _part("policies", "Policies in force on the last day", ("Payer", "Policy"), told)


def _signed(close: MonthClose) -> Part:
    told = [(row.signed_as, _at(close, row.signed_at), len(row.line_ids)) for row in close.attestations.all()]
    return _part("attested", "Attestations", ("Provider", "At", "Lines"), told)
