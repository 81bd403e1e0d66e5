"""The evidence of a claim line: the rows its reasons counted, read by the ids stored with the reasons."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from billing.models import ClaimLine
from billing.rules.citations import citation_text
from billing.rules.sentences import clock
from enrollment.models import Consent, Order
from monitoring.models import ReadingDay
from rpm_portal.core.days import Month, local_day
from timetracking.intervals.spans import seconds
from timetracking.models import Call, TimeEntry

_GRAVITY_ORDER = {"blocks": 0, "review": 1, "met": 2, "note": 3, "short": 4}


def evidence_of(line: ClaimLine, *, zone: str) -> list[dict[str, object]]:
    """Each reason of a line with the rows it counted and their links, failed reasons first. At most five statements."""
    ids = {pk for reason in line.because for pk in reason.get("evidence", [])}
    rows = _rows_by_id(line.practice_id, ids, zone=zone)
    for pk, row in rows.items():
        row["href"] = _link_to(line, pk, row)
    reasons = [{**reason, "rows": _rows_of_reason(reason, rows)} for reason in line.because]
    return sorted(reasons, key=lambda reason: _GRAVITY_ORDER.get(reason["gravity"], 9))


def _rows_of_reason(reason: dict[str, Any], rows: dict[str, dict[str, Any]]) -> list[dict[str, object]]:
    return [rows[pk] for pk in reason.get("evidence", []) if pk in rows]


def _link_to(line: ClaimLine, pk: str, row: dict[str, Any]) -> str:
    """The address of the page that lists a row."""
    kind, _, name = pk.partition(":")
    if kind == "order":
        return reverse("enrollment:order", args=[name])
    if kind in {"time", "call"}:
        month = reverse("patient_month", args=[line.patient.public_id, str(Month.of(row["on"]))])
        return f"{month}?enrollment={line.enrollment.public_id}#{kind}-{name}"
    if kind == "day":
        return f"{reverse('monitoring:readings', args=[line.enrollment.public_id])}?day={row['on'].isoformat()}"
    return reverse("patient_history", args=[line.patient.public_id])


def _ids_of_kind(ids: Iterable[str], kind: str) -> list[str]:
    return [pk.partition(":")[2] for pk in ids if pk.startswith(kind + ":")]


def _rows_by_id(practice_id: int, ids: set[str], *, zone: str) -> dict[str, dict[str, object]]:
    rows: dict[str, dict[str, Any]] = {}
    days = ReadingDay.objects.filter(practice=practice_id, pk__in=_ids_of_kind(ids, "day"))
    for day in days.order_by("local_day"):
        count = day.automatic + day.reported
        text = "1 reading" if count == 1 else f"{count} readings"
        rows[f"day:{day.pk}"] = {"kind": "day", "on": day.local_day, "text": text}
    entries = TimeEntry.objects.filter(practice=practice_id, public_id__in=_ids_of_kind(ids, "time"))
    for entry in entries.select_related("staff"):
        length = seconds(entry.started_at, entry.stopped_at) if entry.stopped_at else 0
        rows[f"time:{entry.public_id}"] = {
            "kind": "time",
            "on": local_day(entry.started_at, zone),
            "text": f"{clock(length)} {entry.get_activity_display()}, {entry.staff} ({entry.get_proof_display()})",
            "voided": entry.voided_at is not None,
        }
    calls = Call.objects.filter(practice=practice_id, public_id__in=_ids_of_kind(ids, "call")).select_related(
        "called_by"
    )
    for call in calls:
        length = seconds(call.started_at, call.ended_at)
        rows[f"call:{call.public_id}"] = {
            "kind": "call",
            "on": local_day(call.started_at, zone),
            "text": f"{call.get_outcome_display()} by {call.get_channel_display()}, {clock(length)}, {call.called_by}",
        }
    orders = Order.objects.filter(practice=practice_id, public_id__in=_ids_of_kind(ids, "order"))
    for order in orders.select_related("signed_by"):
        text = f"Order {order.number}, signed by {order.signed_by}, NPI {order.signed_npi}"
        rows[f"order:{order.public_id}"] = {"kind": "order", "on": order.starts_on, "text": text}
    consents = Consent.objects.filter(practice=practice_id, pk__in=_ids_of_kind(ids, "consent")).select_related(
        "taken_by"
    )
    for consent in consents:
        text = f"Consent {consent.get_mode_display()}, taken by {consent.taken_by}"
        rows[f"consent:{consent.pk}"] = {"kind": "consent", "on": consent.given_on, "text": text}
    return rows


_GRAVITY_TAGS = {"met": "PASS", "blocks": "FAIL", "review": "LOOK", "note": "NOTE", "short": "NEXT"}


def as_text(line: ClaimLine) -> str:
    """A line with its reasons as plain text, for the reply to a payer."""
    head = f"{line.code} x{line.units}  DOS {line.dos}  {line.get_state_display().upper()}"
    reasons = [
        f"  {_GRAVITY_TAGS.get(reason['gravity'], reason['gravity'].upper())}  {reason['says']}"
        + (f" [{citation_text(reason['citation'])}]" if reason.get("citation") else "")
        for reason in sorted(line.because, key=lambda reason: _GRAVITY_ORDER.get(reason["gravity"], 9))
    ]
    return "\n".join([head, *reasons, f"  policy {line.policy}  digest {line.digest[:16]}"])
