"""Matching of entries by what a person decided: the moment of a wrong clock, or who used a shared device."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import QuerySet

from monitoring.ingest import ContactEntry, Measurement, RefusedEntry
from monitoring.intake.unmatched_rows import unmatched_digest
from monitoring.models import ClockCorrection, PersonChoice, SourceKind, UnmatchedReading
from monitoring.readings.store import MatchedReading, match_measurements

Reason = UnmatchedReading.Reason
# Reasons that a wrong clock can have: a moment in the future, or one at which nobody had the device (1970).
CLOCK_REASONS = (Reason.FUTURE, Reason.NOT_ASSIGNED)
MAX_LAG = 2**31 - 1
Match = MatchedReading | RefusedEntry


def corrected_matches(
    practice_id: int, matches: Mapping[int, Match], measured: Mapping[int, Measurement], *, now: datetime
) -> dict[int, Match]:
    """The matches of a body with what persons decided: right moments, and who was measured with a shared device.

    No statement if nothing waits for such a decision, else two for each kind. A reading with a corrected moment has the
    time source "person". `now` is when the body was received.
    """
    corrected = dict(matches)
    moments = _decided(
        ClockCorrection.objects.filter(practice=practice_id), _digests(corrected, CLOCK_REASONS), "measured_at"
    )
    again = {
        n: replace(measured[n], measured_at=at, time_source="person")
        for n, at in moments.items()
        if isinstance(at, datetime)
    }
    for n, match in _match_again(practice_id, again, now=now).items():
        # A correction that does not match leaves the entry as it was sent, so that it waits once.
        if isinstance(match, MatchedReading) or match.reason == Reason.WHOSE:
            corrected[n] = match
    people = _decided(
        PersonChoice.objects.filter(practice=practice_id), _digests(corrected, (Reason.WHOSE,)), "enrollment__public_id"
    )
    chosen = {n: replace(again.get(n, measured[n]), user=str(public_id)) for n, public_id in people.items()}
    for n, match in _match_again(practice_id, chosen, now=now).items():
        if isinstance(match, MatchedReading):
            corrected[n] = match
    return corrected


def _digests(matches: Mapping[int, Match], reasons: Sequence[str]) -> dict[int, str]:
    """The digests of the entries that wait for one of these reasons."""
    return {
        n: unmatched_digest(match)
        for n, match in matches.items()
        if isinstance(match, RefusedEntry) and match.reason in reasons
    }


def _decided(
    rows: QuerySet[ClockCorrection] | QuerySet[PersonChoice], digests: Mapping[int, str], field: str
) -> dict[int, object]:
    """The latest decision on each entry, by its position. One statement, or none."""
    if not digests:
        return {}
    by_digest = dict(rows.filter(digest__in=set(digests.values())).order_by("pk").values_list("digest", field))
    return {n: by_digest[digest] for n, digest in digests.items() if digest in by_digest}


def _match_again(practice_id: int, measured: Mapping[int, Measurement], *, now: datetime) -> dict[int, Match]:
    if not measured:
        return {}
    results = match_measurements(practice_id, list(measured.values()), now=now, entries=list(measured))
    return dict(zip(measured, results, strict=True))


def fast_clocks(refused: Iterable[RefusedEntry], *, now: datetime) -> list[ContactEntry]:
    """The contacts of devices that sent a moment in the future, with how far their clock is ahead.

    Moments that people or files report say nothing about the clock of the device.
    """
    return [
        ContactEntry(entry.serial, now, clock_lag_seconds=max(int((now - entry.measured_at).total_seconds()), -MAX_LAG))
        for entry in refused
        if entry.reason == Reason.FUTURE
        and entry.measured_at is not None
        and isinstance(entry.payload, dict)
        and entry.payload.get("source") == SourceKind.AUTOMATIC
    ]
