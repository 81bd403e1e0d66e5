"""The kinds of rows, and what a kind's functions return."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from rpm_portal.core.outbox.models import OutboxRow


@dataclass(frozen=True)
class SendVerdict:
    """Whether a row may be sent now; `state` is sending, held or dropped."""

    state: str
    why: str = ""
    until: datetime | None = None


def send_now() -> SendVerdict:
    """The row may be sent."""
    return SendVerdict(OutboxRow.State.SENDING)


def hold_until(moment: datetime, why: str) -> SendVerdict:
    """Not yet: ask again at `moment`."""
    return SendVerdict(OutboxRow.State.HELD, why, moment)


def drop(why: str) -> SendVerdict:
    """Never: it is not allowed any more, or no longer needed."""
    return SendVerdict(OutboxRow.State.DROPPED, why)


@dataclass(frozen=True)
class SendOutcome:
    """How a try ended. `state` is ready if it surely was not sent and is tried again."""

    state: str
    why: str = ""
    provider_id: str = ""
    digest: str = ""
    after: timedelta | None = None
    code: str = ""
    parts: int = 0
    cents: Decimal = Decimal(0)


def accepted(provider_id: str = "", *, digest: str = "", parts: int = 0, cents: Decimal = Decimal(0)) -> SendOutcome:
    """The other system has taken it; a receipt may follow."""
    return SendOutcome(OutboxRow.State.ACCEPTED, provider_id=provider_id, digest=digest, parts=parts, cents=cents)


def delivered(provider_id: str = "", *, digest: str = "") -> SendOutcome:
    """It is where it belongs; no receipt follows."""
    return SendOutcome(OutboxRow.State.DELIVERED, provider_id=provider_id, digest=digest)


def try_later(why: str, *, after: timedelta | None = None) -> SendOutcome:
    """It surely was not sent. `after` is the other system's own delay (Retry-After)."""
    return SendOutcome(OutboxRow.State.READY, why, after=after)


def refused(why: str, *, digest: str = "", code: str = "") -> SendOutcome:
    """The other system refused it, with its own code; the same again would be refused again."""
    return SendOutcome(OutboxRow.State.REFUSED, why, digest=digest, code=code)


def unsure(why: str, *, digest: str = "") -> SendOutcome:
    """It may have been sent: a time-out, a cut connection, a 5xx."""
    return SendOutcome(OutboxRow.State.UNSURE, why, digest=digest)


def _stay_unsure(row: OutboxRow, now: datetime) -> SendOutcome:
    return unsure(row.why)


def _nothing(row: OutboxRow, now: datetime) -> None:
    """The default of `on_change`."""


@dataclass(frozen=True)
class OutboxKind:
    """A kind of row with its functions; `label` is for the page of what did not go out."""

    name: str
    label: str
    may_send: Callable[[OutboxRow, datetime], SendVerdict]
    send: Callable[[OutboxRow, datetime], SendOutcome]
    settle: Callable[[OutboxRow, datetime], SendOutcome] = _stay_unsure
    on_change: Callable[[OutboxRow, datetime], None] = _nothing
    unsure_wait: timedelta = timedelta(minutes=15)


_kinds: dict[str, OutboxKind] = {}


def register_kind(kind: OutboxKind) -> None:
    """Register a kind at start; the same name again replaces it."""
    _kinds[kind.name] = kind


def kind_of(name: str) -> OutboxKind | None:
    """The kind with this name; None if no package registered it."""
    return _kinds.get(name)


def kind_names() -> list[str]:
    """The names of the registered kinds."""
    return list(_kinds)
