"""The evidence of claims, gathered from every app for any number of claims in a constant number of statements."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from billing.evidence.packet import Packet, Part
from billing.evidence.reasons import reason_parts
from billing.models import Claim, ClaimLine, LineState, MonthClose
from billing.models.line_reasons import with_reasons
from enrollment.models import Consent, DeviceAssignment, Episode, Order
from monitoring.models import Note, Reading, Review
from monitoring.readings.words import value_words
from rpm_portal.core.days import Month, clock, midnight
from timetracking.intervals.spans import seconds
from timetracking.models import Call, DaySignature, TimeEntry

_BILLED_STATES = (LineState.APPROVED, LineState.REVERSED)


def packets_of(close: MonthClose, claims: Iterable[Claim]) -> list[Packet]:
    """A packet for each claim of a month, in the same order. About twenty statements for any number."""
    ordered = list(claims)
    sources = _Sources(close, ordered)
    return [sources.packet(claim) for claim in ordered]


def previews_of(claims: Iterable[Claim]) -> list[tuple[Claim, Packet]]:
    """Claims of any months with their packets, month by month. About twenty statements a month."""
    by_month: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_month[claim.close_id].append(claim)
    return [pair for batch in by_month.values() for pair in zip(batch, packets_of(batch[0].close, batch), strict=True)]


class _Sources:
    """Rows of every app by enrollment or line, read once."""

    def __init__(self, close: MonthClose, claims: list[Claim]) -> None:
        self.close, self.month = close, Month.of(close.month)
        self.zone = ZoneInfo(close.zone)
        self.lines: dict[int, list[ClaimLine]] = defaultdict(list)
        rows = ClaimLine.objects.filter(claim__in=[claim.pk for claim in claims], state__in=_BILLED_STATES)
        for line in rows.select_related("enrollment", "adjustment").order_by("dos", "code", "pk"):
            self.lines[line.claim_id].append(line)
        lines = with_reasons(line for claim_lines in self.lines.values() for line in claim_lines)
        self.conditions = {line.enrollment_id: line.enrollment.condition for line in lines}
        ids = set(self.conditions)
        starts = [line.period_start for line in lines if line.period_start]
        first = min([*starts, self.month.first_day])
        self.begins = midnight(first, close.zone)
        self.ends = self.month.ends_at(close.zone)
        span: dict[str, Any] = {"enrollment__in": ids}
        self.orders = _by_enrollment(
            Order.objects.filter(**span).select_related("ordered_by__user", "signed_by").order_by("starts_on")
        )
        self.consents = _by_enrollment(Consent.objects.filter(**span).select_related("taken_by").order_by("given_on"))
        self.episodes = _by_enrollment(Episode.objects.filter(**span).select_related("educated_by").order_by("number"))
        devices = DeviceAssignment.objects.filter(**span).select_related("device__model").order_by("starts_at")
        self.devices = _by_enrollment(devices.filter(starts_at__lt=self.ends).exclude(ends_at__lte=self.begins))
        readings = Reading.objects.filter(**span, measured_at__gte=self.begins, measured_at__lt=self.ends)
        self.readings = _by_enrollment(readings.select_related("device").order_by("measured_at", "pk"))
        reviews = Review.objects.filter(
            **span, reviewed_at__gte=self.begins, reviewed_at__lt=self.ends + timedelta(days=7)
        )
        self.reviews = _by_enrollment(reviews.select_related("reviewed_by").order_by("reviewed_at"))
        notes = Note.objects.filter(**span, written_at__gte=self.begins, written_at__lt=self.ends + timedelta(days=7))
        self.notes = _by_enrollment(notes.select_related("written_by").order_by("written_at", "pk"))
        month = {"started_at__gte": self.month.starts_at(close.zone), "started_at__lt": self.ends}
        entries = TimeEntry.objects.filter(**span, **month).select_related("staff", "entered_by", "voided_by")
        self.time = _by_enrollment(entries.order_by("started_at"))
        calls = Call.objects.filter(**span, **month).select_related("called_by").prefetch_related("addenda__written_by")
        self.calls = _by_enrollment(calls.order_by("started_at"))
        days = DaySignature.objects.filter(practice=close.practice_id, day__gte=first, day__lte=self.month.last_day)
        self.signed = {(row.staff_id, row.day): row for row in days}
        self.attested = list(close.attestations.all())
        self.past: dict[int, list[Any]] = defaultdict(list)
        history = ClaimLine.history.filter(id__in=[line.pk for line in lines]).select_related("history_user")
        for row in history.order_by("history_date", "history_id"):
            self.past[row.id].append(row)

    def at(self, moment: datetime | None) -> str:
        """A moment as local time to the second; empty for None."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S}" if moment else ""

    def packet(self, claim: Claim) -> Packet:
        """All of one claim's parts, in the checklist's order."""
        lines = self.lines[claim.pk]
        ids = list(dict.fromkeys(line.enrollment_id for line in lines))
        patient, provider = claim.patient, claim.billing_provider
        parts = (
            self._claim(lines),
            *reason_parts(lines),
            self._condition(ids),
            self._rows("order", "Orders", "Order, signed before the service", _ORDER_COLUMNS, self._orders(ids)),
            self._rows("consent", "Consent", "Consent at the time", _CONSENT_COLUMNS, self._consents(ids)),
            self._rows("device", "Devices", "Device as FDA defines it, connected", _DEVICE_COLUMNS, self._devices(ids)),
            self._rows(
                "education", "Education and set-up", "Education and set-up", _EDUCATION_COLUMNS, self._education(ids)
            ),
            self._rows(
                "readings", "Transmission log", "Data of the days billed", _READING_COLUMNS, self._readings(ids)
            ),
            self._rows("reviews", "Data reviewed", "Data reviewed and decisions", _REVIEW_COLUMNS, self._reviews(ids)),
            self._rows("notes", "Notes", "", _NOTE_COLUMNS, self._notes(ids)),
            self._rows(
                "calls", "Calls and messages", "Live interactive communication", _CALL_COLUMNS, self._calls(ids)
            ),
            self._rows("time", "Minute ledger", "Time for the code level", _TIME_COLUMNS, self._time(ids)),
            self._rows("signatures", "Signatures", "Signatures", _SIGNED_COLUMNS, self._signatures(lines, ids)),
            self._rows("changes", "Changes of the lines", "", _CHANGE_COLUMNS, self._changes(lines)),
        )
        return Packet(
            name=f"{self.month}-{claim.public_id}",
            patient=f"{patient}, born {patient.born_on:%Y-%m-%d}, record {patient.mrn}",
            period=f"{self.month.first_day} to {self.month.last_day} ({self.close.zone})",
            provider=f"{provider.signature}, NPI {provider.npi}",
            practice=claim.practice.name,
            parts=parts,
        )

    @staticmethod
    def _rows(key: str, title: str, need: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> Part:
        return Part(key, title, need, columns, tuple(tuple(str(cell) for cell in row) for row in rows))

    def _claim(self, lines: list[ClaimLine]) -> Part:
        rows = []
        for line in lines:
            state, period = line.get_state_display(), line.period_start or ""
            rows.append((line.code, " ".join(line.modifiers), line.units, line.dos, period, state, line.digest[:16]))
        columns = ("Code", "Modifiers", "Units", "Date of service", "Period from", "State", "Digest")
        return self._rows("claim", "Claim lines", "Codes and modifiers", columns, rows)

    def _condition(self, ids: list[int]) -> Part:
        rows = [
            (order.diagnosis, self.conditions[order.enrollment_id], order.necessity, order.goals)
            for pk in ids
            for order in self.orders[pk]
        ]
        columns = ("Diagnosis", "Condition", "Why remote", "Goals")
        return self._rows("condition", "Condition and necessity", "Condition and medical necessity", columns, rows)

    def _orders(self, ids: list[int]) -> Iterable[tuple[Any, ...]]:
        for order in (order for pk in ids for order in self.orders[pk]):
            until = order.ends_on or "open"
            who = f"{order.signed_by}, NPI {order.signed_npi}"
            yield order.number, order.measures, order.frequency, order.starts_on, until, who, self.at(order.signed_at)

    def _consents(self, ids: list[int]) -> Iterable[tuple[Any, ...]]:
        for row in (row for pk in ids for row in self.consents[pk]):
            topics = {"cost": row.cost_told, "one provider": row.one_provider_told, "may stop": row.right_to_stop_told}
            topics_told = [word for word, is_told in topics.items() if is_told]
            yield (
                row.given_on,
                row.get_mode_display(),
                f"script {row.script_version}",
                ", ".join(topics_told),
                row.taken_by,
                self.at(row.recorded_at),
            )

    def _devices(self, ids: list[int]) -> Iterable[tuple[Any, ...]]:
        for row in (row for pk in ids for row in self.devices[pk]):
            model = row.device.model
            defined = "yes" if model.fda_defined else "NO"
            yield (
                model.name,
                row.device.serial,
                defined,
                model.get_connection_display(),
                self.at(row.starts_at),
                self.at(row.ends_at) or "still assigned",
            )

    def _education(self, ids: list[int]) -> Iterable[tuple[Any, ...]]:
        for row in (row for pk in ids for row in self.episodes[pk] if row.educated_on):
            yield row.number, row.educated_on, row.educated_by or "", row.education_means

    def _readings(self, ids: list[int]) -> Iterable[tuple[Any, ...]]:
        for row in (row for pk in ids for row in self.readings[pk]):
            value = value_words(row.metric, row.value, row.value_2, row.bounds)
            yield (
                row.local_day,
                self.at(row.measured_at),
                self.at(row.received_at),
                value,
                row.device.serial,
                row.get_source_kind_display(),
            )

    def _reviews(self, ids: list[int]) -> Iterable[tuple[Any, ...]]:
        for row in (row for pk in ids for row in self.reviews[pk]):
            yield (
                self.at(row.reviewed_at),
                row.reviewed_by,
                row.get_conclusion_display(),
                self.at(row.reviewed_to),
                row.note,
            )

    def _notes(self, ids: list[int]) -> Iterable[tuple[Any, ...]]:
        for row in (row for pk in ids for row in self.notes[pk]):
            struck = f"\nSTRUCK THROUGH {self.at(row.voided_at)}: {row.void_reason}" if row.voided_at else ""
            yield self.at(row.written_at), f"{row.written_by}, {row.get_role_display()}", f"{row.text}{struck}"

    def _calls(self, ids: list[int]) -> Iterable[tuple[Any, ...]]:
        for row in (row for pk in ids for row in self.calls[pk]):
            texts = [f"Showed: {row.showed}"] if row.showed else []
            texts += [f"Decided: {row.decided}"] if row.decided else []
            texts += [
                f"Added {self.at(addendum.written_at)} by {addendum.written_by}: {addendum.text}"
                for addendum in row.addenda.all()
            ]
            texts += [f"STRUCK THROUGH: {row.void_reason}"] if row.voided_at else []
            live = "live" if row.is_live and not row.voided_at else "not live"
            what = f"{row.get_outcome_display()} by {row.get_channel_display()}, {live}"
            yield (
                self.at(row.started_at),
                clock(seconds(row.started_at, row.ended_at)),
                what,
                row.called_by,
                "\n".join(texts),
            )

    def _time(self, ids: list[int]) -> Iterable[tuple[Any, ...]]:
        for row in (row for pk in ids for row in self.time[pk]):
            length = "running" if row.is_running else clock(seconds(row.started_at, row.stopped_at or row.started_at))
            note = f"STRUCK THROUGH: {row.void_reason}" if row.voided_at else row.reason
            who = f"{row.staff}, {row.get_role_display()}"
            yield (
                self.at(row.started_at),
                self.at(row.stopped_at),
                length,
                row.get_activity_display(),
                who,
                row.get_proof_display(),
                note,
            )

    def _signatures(self, lines: list[ClaimLine], ids: list[int]) -> Iterable[tuple[Any, ...]]:
        worked: set[tuple[int, date]] = set()
        for pk in ids:
            worked |= {(row.staff_id, row.started_at.astimezone(self.zone).date()) for row in self.time[pk]}
            worked |= {(row.called_by_id, row.started_at.astimezone(self.zone).date()) for row in self.calls[pk]}
        for key in sorted(worked, key=lambda pair: (pair[1], pair[0])):
            if key in self.signed:
                row = self.signed[key]
                yield f"Day {row.day}", row.signed_as, self.at(row.signed_at)
        line_ids = {line.pk for line in lines}
        for attested in self.attested:
            if line_ids & set(attested.line_ids):
                yield "Attestation of the month", attested.signed_as, self.at(attested.signed_at)
        close = self.close
        if close.sealed_at:
            yield "Seal prepared", close.prepared_by or "", self.at(close.prepared_at)
            yield "Seal set", close.sealed_by or "", self.at(close.sealed_at)

    def _changes(self, lines: list[ClaimLine]) -> Iterable[tuple[Any, ...]]:
        for line in lines:
            for row in self.past[line.pk]:
                yield (
                    line.code,
                    self.at(row.history_date),
                    row.state,
                    row.history_user or "the portal",
                    row.history_change_reason or "",
                )


_ORDER_COLUMNS = ("No.", "What", "How often", "From", "To", "Signed by", "Signed at")
_CONSENT_COLUMNS = ("Given on", "How", "Script", "Topics explained", "Taken by", "Recorded at")
_DEVICE_COLUMNS = ("Device", "Serial", "FDA-defined", "Connection", "Held from", "to")
_EDUCATION_COLUMNS = ("Episode", "On", "By", "How")
_READING_COLUMNS = ("Day", "Measured at", "Received at", "Value", "Device", "Source")
_REVIEW_COLUMNS = ("At", "By", "Conclusion", "Reviewed to", "Note")
_NOTE_COLUMNS = ("At", "By", "Note")
_CALL_COLUMNS = ("Began", "Length", "What", "By", "Text")
_TIME_COLUMNS = ("From", "To", "Length", "Activity", "By", "Known by", "Note")
_SIGNED_COLUMNS = ("What", "By", "At")
_CHANGE_COLUMNS = ("Code", "At", "Became", "By", "Why")


def _by_enrollment(rows: Any) -> dict[int, list[Any]]:
    """Rows by their enrollment."""
    by_enrollment: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_enrollment[row.enrollment_id].append(row)
    return by_enrollment
