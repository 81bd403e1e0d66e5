"""The one adapter between database and rules: asks the three rooms' queries, returns PatientMonth values.

A constant number of statements for any number of enrollments: counts and payers in, plain values out.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from billing.in_force import policies_around, says
from billing.models import GONE, STRICTEST, ClaimLine
from billing.rules import PatientMonth, Policy, load_preset
from billing.rules.fact_rows import Contact, DayRead, OtherClaim, OtherTime, TimeSlice
from billing.rules.fact_rows import Visit as VisitFact
from enrollment.models import Program
from enrollment.queries import Papers, papers
from monitoring.queries import DaysRead, first_reading_days, reading_days
from rpm_portal.access import Role
from rpm_portal.days import Month, local_day
from rpm_portal.prepared import Prepared
from timetracking.models import CALLING, FAILED, Activity, Call, Outcome, Proof, TimeEntry, Visit
from timetracking.queries import Contacted, Interval, care_time, contacts_between, time_slices, visits_between

# How far back the month looks: a 30-day window that ends on its first day, and the call of the month before.
LOOK_BACK = timedelta(days=31)
_LATE = {Proof.LATE, Proof.ON_BEHALF}
_CLINICAL = {Role.PHYSICIAN, Role.QHP, Role.CLINICAL_STAFF, Role.THERAPIST, Role.THERAPIST_ASSISTANT}


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One enrollment's facts with the policy to decide them under and the rows a line will point at."""

    facts: PatientMonth
    policy: Policy
    papers: Papers
    # Ids of intervals entered late or for somebody else, and whether no earlier month of this enrollment was billed.
    late: frozenset[str] = frozenset()
    first: bool = False

    @property
    def enrollment_id(self) -> int:
        """Whose month it is."""
        return self.papers.enrollment.pk

    @property
    def under(self) -> str:
        """What a line is made of beside its facts: patient, payer, billing provider, episode, what the policy says."""
        payer = self.papers.coverage.payer_id if self.papers.coverage else None
        episode = self.papers.episode.pk if self.papers.episode else None
        row = self.papers.enrollment
        return f"{row.patient_id}|{payer}|{row.billing_provider_id}|{episode}|{says(self.policy)[:12]}"

    @property
    def digest(self) -> str:
        """SHA-256 over facts and policy name: the same facts give the same digest."""
        return hashlib.sha256(f"{self.facts!r}|{self.policy.name}".encode()).hexdigest()


def case_files(
    practice_id: int, enrollment_ids: Iterable[int], *, month: Month, zone: str, today: date, later: bool = True
) -> list[CaseFile]:
    """The month's facts of many enrollments, in the order given. About a dozen statements for any number.

    `today` is the local day: while the month runs, windows that have not ended by yesterday stay open. Without `later`
    what was billed in later months is left out, as it was when the month was computed.
    """
    ids = list(enrollment_ids)
    as_of = None if today > month.last_day else today - timedelta(days=1)
    first, last = month.first_day, month.last_day
    stand = papers(ids, first_day=first, last_day=last)
    policies = policies_around(practice_id, month)
    served = {pk: day for pk, paper in stand.items() if (day := service_from(paper)) is not None}
    self_reporting = {pk for pk, paper in stand.items() if paper.enrollment.program == Program.RTM}
    first_read = first_reading_days(served, reported_counts=self_reporting)
    days = reading_days(ids, start=first - LOOK_BACK, to=last)
    start, end = month.starts_at(zone) - LOOK_BACK, month.ends_at(zone)
    time = time_slices(ids, start=start, end=end)
    calls = contacts_between(ids, start=start, end=end)
    patients = [paper.enrollment.patient_id for paper in stand.values()]
    billed = billed_beside(patients, month=month, later=later)
    visits = visits_between(patients, start=start, end=end)
    care = care_time(patients, month=month, zone=zone)
    strictest = load_preset(STRICTEST)
    files = []
    for pk in ids:
        paper = stand[pk]
        policy = policies.get(paper.coverage.payer_id, strictest) if paper.coverage else strictest
        facts = facts_from(
            paper,
            month=month,
            zone=zone,
            as_of=as_of,
            first_read=first_read.get(pk),
            days=days_from(days.get(pk)),
            time=time.get(pk, []),
            calls=calls.get(pk, []),
            billed=billed[paper.enrollment.patient_id],
            visits=visits.get(paper.enrollment.patient_id, []),
            care=care.get(paper.enrollment.patient_id, {}),
        )
        late = frozenset(f"time:{entry.public_id}" for entry in time.get(pk, []) if entry.proof in _LATE)
        before = any(line.enrollment_id == pk and line.dos < first for line in billed[paper.enrollment.patient_id])
        files.append(CaseFile(facts, policy, paper, late, not before))
    return files


def service_from(paper: Papers) -> date | None:
    """The day from which order, consent and start of service stand together; None where one is missing."""
    if paper.order is None or paper.consent is None or paper.enrollment.started_on is None:
        return None
    return max(paper.order.starts_on, paper.consent.given_on, paper.enrollment.started_on)


class Billed(NamedTuple):
    """A line of another month that stands; the names are those of `ClaimLine`."""

    patient_id: int
    enrollment_id: int
    episode_id: int | None
    component: str
    code: str
    dos: date
    period_start: date | None


def billed_beside(patient_ids: list[int], *, month: Month, later: bool) -> dict[int, list[Billed]]:
    """Our lines of other months that stand, by patient. One statement."""
    found: dict[int, list[Billed]] = defaultdict(list)
    lines = (_BILLED if later else _BILLED_BEFORE)(patients=patient_ids, month=month.first_day)
    for line in map(Billed._make, lines):
        found[line.patient_id].append(line)
    return found


def _billed(patients: list[int], month: date) -> Any:
    rows = ClaimLine.objects.filter(patient__any_of=patients).exclude(state__in=GONE).exclude(close__month=month)
    return rows.order_by("dos", "code", "pk").values_list(*Billed._fields)


_BILLED = Prepared(_billed, patients=list, month=date)
_BILLED_BEFORE = Prepared(
    lambda patients, month: _billed(patients, month).filter(close__month__lt=month), patients=list, month=date
)


def days_from(read: DaysRead | None) -> tuple[DayRead, ...]:
    """The days a patient measured on, oldest first; a day with two devices is one day with two rows behind it."""
    if read is None:
        return ()
    if len(set(read.days)) == len(read.days):
        ids = [(f"day:{pk}",) for pk in read.ids]
        return tuple(map(DayRead._make, zip(read.days, read.automatic, read.reported, ids, strict=True)))
    made: list[DayRead] = []
    last = None
    for on, automatic, reported, pk in zip(*read, strict=True):
        if on == last:
            before = made[-1]
            made[-1] = DayRead(on, before[1] or automatic, before[2] or reported, (*before[3], f"day:{pk}"))
        else:
            made.append(DayRead(on, automatic, reported, (f"day:{pk}",)))
            last = on
    return tuple(made)


def facts_from(
    paper: Papers,
    *,
    month: Month,
    zone: str,
    as_of: date | None,
    first_read: date | None,
    days: tuple[DayRead, ...],
    time: Sequence[TimeEntry | Interval],
    calls: Sequence[Call | Contacted],
    billed: list[Billed],
    visits: list[Visit],
    care: dict[tuple[str, str], int],
) -> PatientMonth:
    """One enrollment's month out of the rows that tell of it; every list oldest first."""
    row, episode = paper.enrollment, paper.episode
    setup_billed = episode is not None and any(
        line.component == "setup" and line.episode_id == episode.pk for line in billed
    )
    # An interval of calling whose calls reached nobody; one that holds a talk too is a talk.
    talked = {call.time_entry_id for call in calls if call.is_live}
    in_vain = {call.time_entry_id for call in calls if call.outcome in FAILED} - talked
    educated = episode is not None and episode.educated_on is not None and episode.educated_on <= month.last_day
    return PatientMonth(
        id=row.public_id,
        program=row.program,
        year=month.year,
        month=month.number,
        zone=zone,
        as_of=as_of,
        billing_provider_id=str(row.provider_user_id),
        patient_established=row.established_on is not None and row.established_on <= month.last_day,
        order_present=paper.order is not None,
        order_on=paper.order.starts_on if paper.order else None,
        order_ends_on=paper.ordered_to if paper.order else None,
        order_id=f"order:{paper.order.public_id}" if paper.order else "",
        consent_present=paper.consent is not None,
        consent_on=paper.consent.given_on if paper.consent else None,
        consent_withdrawn_on=paper.consented_to if paper.consent else None,
        consent_id=f"consent:{paper.consent.pk}" if paper.consent else "",
        diagnosis=row.diagnosis,
        diagnosis_kind=row.diagnosis_kind,
        device_qualified=paper.device_qualified,
        supervision_documented=row.supervised_by_id is not None,
        rtm_system=row.rtm_system,
        therapy_plan=row.therapy_plan,
        started_on=row.started_on,
        discharged_on=row.discharged_on,
        device_anchor_on=row.device_anchor_on,
        new_episode=not setup_billed,
        setup_on=episode.educated_on if episode else None,
        # Billed already, set-up is not at issue any more; the episode's own line is the proof.
        setup_education_done=educated and not setup_billed,
        setup_billed_in_episode=setup_billed or episode is None,
        first_read_on=first_read,
        days_read=days,
        time=tuple(_slice(entry, zone, in_vain) for entry in time),
        contacts=tuple(_contact(call, zone) for call in calls),
        other_claims=tuple(OtherClaim(line.code, True, line.dos, line.period_start) for line in billed),
        visits=tuple(VisitFact(str(visit.provider_id), visit.started_at, visit.ended_at) for visit in visits),
        # Reported beside the month, never written as lines of it: their own papers are not kept here.
        other_time=tuple(
            OtherTime(program, role if role in _CLINICAL else "non_clinical", spent)
            for (program, role), spent in sorted(care.items())
        ),
    )


def with_time(facts: PatientMonth, entry: TimeEntry) -> PatientMonth:
    """The facts with one interval more: how the month would stand if it were on file."""
    made = _slice(entry, facts.zone)
    if made.seconds <= 0:
        # In its first second a timer has no interval yet; that it runs is told all the same.
        made = made._replace(seconds=0, started_at=None, ended_at=None)
    return replace(facts, time=(*facts.time, made))


def _slice(entry: TimeEntry | Interval, zone: str, in_vain: Collection[int | None] = ()) -> TimeSlice:
    assert entry.stopped_at is not None  # noqa: S101 - time_slices asks for stopped ones only
    return TimeSlice(
        id=f"time:{entry.public_id}",
        role=entry.role if entry.role in _CLINICAL else "non_clinical",
        person_id=str(entry.staff_id),
        seconds=int((entry.stopped_at - entry.started_at).total_seconds()),
        started_at=entry.started_at,
        ended_at=entry.stopped_at,
        on=local_day(entry.started_at, zone),
        counts=entry.billable,
        kind=_kind(entry, in_vain),
    )


def _kind(entry: TimeEntry | Interval, in_vain: Collection[int | None]) -> str:
    if entry.activity == Activity.MESSAGE:
        return "message"
    return "attempt" if entry.activity in CALLING and entry.pk in in_vain else ""


def _contact(call: Call | Contacted, zone: str) -> Contact:
    return Contact(
        id=f"call:{call.public_id}",
        on=local_day(call.started_at, zone),
        channel=call.channel,
        live=call.is_live,
        by_role=call.role if call.role in _CLINICAL else "non_clinical",
        by_id=str(call.called_by_id),
        with_whom="caregiver" if call.outcome == Outcome.CAREGIVER else "patient",
    )
