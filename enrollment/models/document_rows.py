"""Rows of orders, consents, episodes, custody of devices, and pauses, read in one statement for many enrollments."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Cast

from enrollment.models.consents import Consent
from enrollment.models.devices import DeviceAssignment
from enrollment.models.orders import Episode, Order, Pause
from rpm_portal.core.db.compiled_querysets import Prepared


class OrderRow(NamedTuple):
    """A signed order, with the field names of `Order`."""

    enrollment_id: int
    pk: int
    public_id: str
    number: int
    measures: str
    frequency: str
    starts_on: date
    ends_on: date | None
    supersedes_id: int | None


class ConsentRow(NamedTuple):
    """A consent, with the field names of `Consent`."""

    enrollment_id: int
    pk: int
    given_on: date
    withdrawn_on: date | None
    mode: str
    script_version: str

    def get_mode_display(self) -> str:
        """The label of how it was given, as `Consent.get_mode_display` returns it."""
        return str(dict(Consent._meta.get_field("mode").flatchoices)[self.mode])


class EpisodeRow(NamedTuple):
    """An episode, with the field names of `Episode`."""

    enrollment_id: int
    pk: int
    educated_on: date | None
    number: int
    goal_met: bool
    educated_by_assistant: bool


class CustodyRow(NamedTuple):
    """The time in which a medical device as FDA defines it was with a patient, with the names of `DeviceAssignment`."""

    enrollment_id: int
    pk: int
    starts_at: datetime
    ends_at: datetime | None


class PauseRow(NamedTuple):
    """A pause, with the field names of `Pause`."""

    enrollment_id: int
    pk: int
    starts_on: date
    ends_on: date | None


def dated_rows(enrollment_ids: list[int], *, last_day: date) -> dict[str, list[Any]]:
    """The rows by kind that begin by a day, the earliest first. One statement."""
    rows: dict[str, list[Any]] = {kind: [] for kind in _KINDS}
    for kind, *columns in _DATED(ids=enrollment_ids, last_day=last_day):
        rows[kind].append(_KINDS[kind](columns))
    return rows


def _order_row(columns: Sequence[Any]) -> OrderRow:
    enrollment_id, pk, first, last, public_id, measures, frequency, number, supersedes, *_ = columns
    return OrderRow(enrollment_id, pk, public_id, number, measures, frequency, first, last, supersedes)


def _consent_row(columns: Sequence[Any]) -> ConsentRow:
    enrollment_id, pk, first, last, mode, script, *_ = columns
    return ConsentRow(enrollment_id, pk, first, last, mode, script)


def _episode_row(columns: Sequence[Any]) -> EpisodeRow:
    enrollment_id, pk, _, educated_on, _, _, _, number, _, _, _, goal_met, by_assistant = columns
    return EpisodeRow(enrollment_id, pk, educated_on, number, goal_met, by_assistant)


_KINDS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "order": _order_row,
    "consent": _consent_row,
    "episode": _episode_row,
    "custody": lambda columns: CustodyRow(columns[0], columns[1], columns[9], columns[10]),
    "pause": lambda columns: PauseRow(*columns[:4]),
}


_EPISODE = {
    "first": "started_on",
    "last": "educated_on",
    "number": "number",
    "flag": "goal_met",
    "flag2": "educated_by_assistant",
}


def _columns(kind: str, rows: Any, **values: str) -> Any:
    """The rows of one kind in the columns that all kinds share; those that a kind does not have are null."""
    names: dict[str, models.Field[Any, Any]] = dict(
        kind_=models.TextField(),
        enrollment_=models.BigIntegerField(),
        pk_=models.BigIntegerField(),
        first_=models.DateField(),
        last_=models.DateField(),
        text_=models.TextField(),
        text2_=models.TextField(),
        text3_=models.TextField(),
        number_=models.BigIntegerField(),
        number2_=models.BigIntegerField(),
        from_=models.DateTimeField(),
        to_=models.DateTimeField(),
        flag_=models.BooleanField(),
        flag2_=models.BooleanField(),
    )
    given = {"enrollment_": "enrollment_id", "pk_": "pk"} | {f"{name}_": path for name, path in values.items()}
    expressions = {
        name: Cast(F(given[name]) if name in given else Value(kind if name == "kind_" else None), output_field=type_)
        for name, type_ in names.items()
    }
    return rows.order_by().annotate(**expressions).values_list(*names)


def _dated(ids: list[int], last_day: date) -> Any:
    """Orders, consents, episodes, custody of qualified devices, and pauses that begin by a day, in one statement."""
    orders = Order.objects.filter(enrollment__any_of=ids, starts_on__lte=last_day)
    consents = Consent.objects.filter(enrollment__any_of=ids, given_on__lte=last_day)
    episodes = Episode.objects.filter(enrollment__any_of=ids, started_on__lte=last_day)
    custody = DeviceAssignment.objects.filter(enrollment__any_of=ids, device__model__fda_defined=True)
    pauses = Pause.objects.filter(enrollment__any_of=ids, starts_on__lte=last_day)
    parts = [
        _columns("consent", consents, first="given_on", last="withdrawn_on", text="mode", text2="script_version"),
        _columns("episode", episodes, **_EPISODE),
        _columns("custody", custody, **{"from": "starts_at", "to": "ends_at"}),
        _columns("pause", pauses, first="starts_on", last="ends_on"),
    ]
    order_columns = {"text": "public_id", "text2": "measures", "text3": "frequency", "number": "number"}
    first = _columns("order", orders, first="starts_on", last="ends_on", number2="supersedes_id", **order_columns)
    return first.union(*parts, all=True).order_by("first_", "number_", "pk_")


_DATED = Prepared(_dated, ids=list, last_day=date)
