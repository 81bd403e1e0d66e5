"""Matching of entries with a wrong clock by the moment that a person set for them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from monitoring.ingest import ContactEntry, Measurement, RefusedEntry
from monitoring.intake.unmatched_rows import unmatched_digest
from monitoring.models import ClockCorrection, SourceKind, UnmatchedReading
from monitoring.readings.store import MatchedReading, match_measurements

# Reasons that a wrong clock can have: a moment in the future, or one at which nobody had the device (1970).
CLOCK_REASONS = (UnmatchedReading.Reason.FUTURE, UnmatchedReading.Reason.NOT_ASSIGNED)
MAX_LAG = 2**31 - 1
Match = MatchedReading | RefusedEntry


def corrected_matches(
    practice_id: int, matches: Mapping[int, Match], measured: Mapping[int, Measurement], *, now: datetime
) -> dict[int, Match]:
    """The matches of a body, with those of corrected clocks. No statement, or two if a clock may be wrong.

    The reading has the corrected moment with the time source "person". `now` is when the body was received.
    """
    digests = {
        n: unmatched_digest(match)
        for n, match in matches.items()
        if isinstance(match, RefusedEntry) and match.reason in CLOCK_REASONS
    }
    if not digests:
        return dict(matches)
    rows = ClockCorrection.objects.filter(practice=practice_id, digest__in=digests.values()).order_by("pk")
    moments = {row.digest: row.measured_at for row in rows}
    again = {
        n: replace(measured[n], measured_at=moments[digest], time_source="person")
        for n, digest in digests.items()
        if digest in moments
    }
    if not again:
        return dict(matches)
    results = match_measurements(practice_id, list(again.values()), now=now, entries=list(again))
    corrected = dict(zip(again, results, strict=True))
    # A correction that does not match leaves the entry as it was sent, so that it waits once.
    return dict(matches) | {n: match for n, match in corrected.items() if isinstance(match, MatchedReading)}


def fast_clocks(refused: Iterable[RefusedEntry], *, now: datetime) -> list[ContactEntry]:
    """The contacts of devices that sent a moment in the future, with how far their clock is ahead.

    Moments that people or files report say nothing about the clock of the device.
    """
    return [
        ContactEntry(entry.serial, now, clock_lag_seconds=max(int((now - entry.measured_at).total_seconds()), -MAX_LAG))
        for entry in refused
        if entry.reason == UnmatchedReading.Reason.FUTURE
        and entry.measured_at is not None
        and isinstance(entry.payload, dict)
        and entry.payload.get("source") == SourceKind.AUTOMATIC
    ]
