"""History of a patient: each change with person, time, old and new value, reason; from row histories and the audit."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from enrollment.models import Clinic, Coverage, Enrollment, Episode, Order, Patient, Pause, Payer
from monitoring.models import Threshold
from monitoring.readings.words import number_text, value_words
from monitoring.rules.display_units import RULE_UNITS
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.audit.models import Event
from rpm_portal.core.days import time_words
from rpm_portal.templatetags.portal import day

MAX_EVENTS = 300
READ_ACTIONS = ("read_", "list_", "find_", "export_order")
_HIDDEN_FIELDS = {"id", "practice", "public_id", "words", "patient", "enrollment", "unit"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One changed field: its label, old value and new value."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the history."""

    at: datetime
    who: str
    what: str
    why: str = ""
    changes: list[FieldChange] = field(default_factory=list)
    look: bool = False


def history_of(practice: Practice, patient: Patient, *, looks: bool) -> list[Entry]:
    """The whole history, newest first; with `looks` also who read the chart. A constant number of statements."""
    enrollments = list(Enrollment.objects.for_practice(practice).filter(patient=patient))
    ids = [row.pk for row in enrollments]
    names = _Names(practice)
    entries: list[Entry] = []
    for model, rows in (
        (Patient, {"id": patient.pk}),
        (Coverage, {"patient_id": patient.pk}),
        (Enrollment, {"patient_id": patient.pk}),
        (Episode, {"enrollment_id__in": ids}),
        (Pause, {"enrollment_id__in": ids}),
        (Threshold, {"enrollment_id__in": ids}),
    ):
        past = model.history.filter(**rows).order_by("id", "history_id")
        entries += _changes(model, past, names)
    subjects = [f"patient:{patient.public_id}", *(f"enrollment:{row.public_id}" for row in enrollments)]
    orders = Order.objects.filter(enrollment__in=ids).values_list("public_id", flat=True)
    subjects += [f"order:{public_id}" for public_id in orders]
    events = Event.objects.for_practice(practice).filter(subject__in=subjects)
    if not looks:
        for prefix in READ_ACTIONS:
            events = events.exclude(action__startswith=prefix)
    entries += [_event(event, names) for event in events.order_by("-number")[:MAX_EVENTS]]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


class _Names:
    """Names of people, payers, clinics and memberships by primary key, loaded once; and the practice's time zone."""

    def __init__(self, practice: Practice) -> None:
        members = Membership.objects.filter(practice=practice).select_related("user")
        self.members = {row.pk: row.signature for row in members}
        self.users = {row.user_id: str(row.user) for row in members}
        self.payers = {row.pk: row.name for row in Payer.objects.for_practice(practice)}
        self.zone, self.units = ZoneInfo(practice.zone), practice.units
        self.clinics = {row.pk: row.name for row in Clinic.objects.for_practice(practice)}

    def user(self, pk: int | None) -> str:
        """A person's name."""
        return "the system" if pk is None else self.users.get(pk, "a former user")

    def number(self, value: Decimal, metric: str) -> str:
        """A number; a limit of weight or temperature in the practice's units, like 182.4 lb."""
        if metric not in RULE_UNITS:
            return number_text(value)
        return value_words(metric, value, None, units=self.units)

    def of(self, target: Any, pk: Any) -> str:
        """The name of the row that a foreign key refers to."""
        tables = {User: self.users, Membership: self.members, Payer: self.payers, Clinic: self.clinics}
        return tables.get(target, {}).get(pk, str(pk))


def _changes(model: Any, past: Iterable[Any], names: _Names) -> Iterator[Entry]:
    """Entries for the differences between each version and the version before it."""
    before: Any = None
    kind = str(model._meta.verbose_name)
    for row in past:
        first = before is None or before.id != row.id
        changes = list(_changed_fields(model, None if first else before, row, names))
        if changes or first:
            what = f"{kind} added" if first else f"{kind} changed"
            who = names.user(row.history_user_id)
            yield Entry(row.history_date, who, what, row.history_change_reason or "", changes)
        before = row


def _changed_fields(model: Any, before: object, after: object, names: _Names) -> Iterator[FieldChange]:
    for item in model._meta.concrete_fields:
        if item.name in _HIDDEN_FIELDS or not hasattr(after, item.attname):
            continue
        old = getattr(before, item.attname) if before is not None else None
        new = getattr(after, item.attname)
        if old == new or (before is None and new in (None, "", [], False)):
            continue
        before_words, after_words = (
            _value_words(item, value, names, getattr(after, "metric", "")) for value in (old, new)
        )
        yield FieldChange(str(item.verbose_name), before_words, after_words)


def _value_words(item: Any, value: Any, names: _Names, metric: str) -> str:
    if value is None or value == "":
        return "nothing"
    if item.is_relation:
        return names.of(item.related_model, value)
    if isinstance(value, Decimal):
        return names.number(value, metric)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if item.choices:
        return str(dict(item.flatchoices).get(value, value))
    if isinstance(value, datetime):
        local = value.astimezone(names.zone)
        return f"{day(local)}, {time_words(local)}"
    if isinstance(value, date):
        return day(value)
    if item.name == "member_id":
        return f"ending {str(value)[-4:]}"
    return str(value)


def _event(event: Event, names: _Names) -> Entry:
    detail = ", ".join(f"{key} {value}" for key, value in event.detail.items() if value not in ("", None, []))
    look = event.action.startswith(READ_ACTIONS)
    return Entry(event.at, names.user(event.actor_id), event.words, detail, [], look)
