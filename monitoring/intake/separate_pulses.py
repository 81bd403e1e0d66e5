"""Values that a vendor also sends in a body of their own: a pulse is stored once, with its blood pressure.

The same peak flow with its FEV1 and without it is one reading.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from monitoring.models import Metric, Reading, SourceKind
from monitoring.readings.store import MatchedReading
from monitoring.readings.void import void_readings

_METRICS = (Metric.BLOOD_PRESSURE, Metric.HEART_RATE, Metric.PEAK_FLOW)
JOINED_FEV1 = "Sent again with its FEV1"
JOINED = "Joined with the blood pressure of the same moment"
# Device, enrollment, and moment of measuring.
_Key: TypeAlias = tuple[int, int, datetime]


def join_pulses(practice_id: int, matched: Mapping[int, MatchedReading], *, now: datetime) -> dict[int, MatchedReading]:
    """The measurements of a body, with pulses joined to stored blood pressures and the other way around.

    A pulse of the moment of one stored pressure that has none, or the same one, becomes that pressure with its pulse.
    A pressure takes over a pulse that was stored alone, which is voided. Measurements with an identifier of the sender
    are not changed. One statement, and more for each pulse that is taken over. The caller has locked the standings.
    A peak flow with its FEV1 replaces the same one that was stored without it.
    """
    candidates = {n: row for n, row in matched.items() if _is_candidate(row)}
    if not candidates:
        return dict(matched)
    stored = _stored(practice_id, {_key(row) for row in candidates.values()})
    joined = dict(matched)
    for n, row in candidates.items():
        found = stored[_key(row)]
        pressures, pulses = found[Metric.BLOOD_PRESSURE], found[Metric.HEART_RATE]
        if row.measured.metric == Metric.HEART_RATE and len(pressures) == 1:
            joined[n] = _with_pressure(row, pressures[0])
        elif row.measured.metric == Metric.BLOOD_PRESSURE and len(pulses) == 1:
            joined[n] = _with_pulse(practice_id, row, pulses.pop(), now=now)
        elif row.measured.metric == Metric.PEAK_FLOW:
            joined[n] = _with_fev1(practice_id, row, found[Metric.PEAK_FLOW], now=now)
    return joined


def _is_candidate(row: MatchedReading) -> bool:
    m = row.measured
    is_plain = not m.vendor_id and not any(m.bounds) and m.source_kind == SourceKind.AUTOMATIC
    return is_plain and m.metric in _METRICS


def _key(row: MatchedReading) -> _Key:
    return row.holder.device_id, row.holder.enrollment_id, row.measured.measured_at


def _stored(practice_id: int, keys: set[_Key]) -> defaultdict[_Key, defaultdict[str, list[Reading]]]:
    """The readings without an identifier that are stored for these moments, by metric."""
    rows = Reading.objects.filter(
        practice=practice_id,
        device__in={device for device, _, _ in keys},
        measured_at__in={moment for _, _, moment in keys},
        metric__in=_METRICS,
        source_kind=SourceKind.AUTOMATIC,
        bounds="",
        voided_at__isnull=True,
        names__isnull=True,
    )
    found: defaultdict[_Key, defaultdict[str, list[Reading]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row.device_id, row.enrollment_id, row.measured_at][row.metric].append(row)
    return found


def _with_pressure(pulse: MatchedReading, pressure: Reading) -> MatchedReading:
    rate = pulse.measured.values[0]
    if pressure.value_3 not in (0, rate):
        return pulse
    values = (pressure.value, pressure.value_2, rate)
    measured = replace(
        pulse.measured, metric=Metric.BLOOD_PRESSURE.value, values=values, bounds=(), irregular=pressure.irregular
    )
    return replace(pulse, measured=measured)


def _with_pulse(practice_id: int, pressure: MatchedReading, pulse: Reading, *, now: datetime) -> MatchedReading:
    first, second, third = pressure.values
    if third not in (0, pulse.value):
        return pressure
    void_readings(practice_id, [pulse.pk], reason=JOINED, now=now)
    return replace(pressure, measured=replace(pressure.measured, values=(first, second, pulse.value)))


def _with_fev1(practice_id: int, flow: MatchedReading, stored: list[Reading], *, now: datetime) -> MatchedReading:
    first, fev1, _ = flow.values
    same = [row for row in stored if row.value == first]
    without = [row for row in same if not row.value_2]
    if fev1 and without:
        void_readings(practice_id, [row.pk for row in without], reason=JOINED_FEV1, now=now)
    elif not fev1 and len(same) == 1:
        return replace(flow, measured=replace(flow.measured, values=(first, same[0].value_2)))
    return flow
