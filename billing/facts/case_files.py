"""The only adapter between database and rules: `facts_of` reads the rows of the other apps and returns plain facts.

The number of statements does not depend on the number of enrollments.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from billing.facts.documents import dated_facts, earlier_of, later_of, same_episode, setup_billed
from billing.facts.recorded import claim_of, outside_claims, recorded_facts
from billing.facts.sources import BilledLine, Reader, anchors_of, billed_elsewhere, rows_on_file
from billing.policies.in_force import PayerPolicies, policies_around, policy_digest
from billing.rules import PatientMonth, Policy
from billing.rules.canonical import digest_of, facts_text
from billing.rules.case import last_day_served
from billing.rules.fact_rows import Contact, DayRead, OtherTime, TimeSlice
from billing.rules.fact_rows import VisitFact as VisitFact
from billing.rules.policy import END
from billing.rules.terms import terms
from enrollment.documents_in_force import LOOK_BACK, DocumentsInForce
from rpm_portal.core.access import Role
from rpm_portal.core.days import Month, local_day
from timetracking.fact_rows import CallRow, IntervalRow
from timetracking.models import CALLING, FAILED, Activity, Call, CallOutcome, Proof, TimeEntry, Visit
from timetracking.queries import CareTime

_LATE = {Proof.LATE, Proof.ON_BEHALF}
_CLINICAL = {Role.PHYSICIAN, Role.QHP, Role.CLINICAL_STAFF, Role.THERAPIST, Role.THERAPIST_ASSISTANT}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentCase:
    """One enrollment's facts, the policy to decide them under, and the keys its lines are billed with."""

    facts: PatientMonth
    policy: Policy
    enrollment_id: int
    patient_id: int
    billing_provider_id: int
    episode_id: int | None
    # Ids of intervals entered late or for somebody else, and whether no earlier month of this enrollment was billed.
    late: frozenset[str] = frozenset()
    first: bool = False

    def payer_on(self, day: date) -> int | None:
        """The key of the patient's payer on a date of service; None if no coverage is on file for that day."""
        return next((int(row.id) for row in self.facts.coverages or () if row.covers(day)), None)

    def provider_on(self, day: date) -> int:
        """The key of the billing provider on a date of service."""
        rows = self.facts.billing_providers
        return next((int(row.id) for row in rows if row.covers(day)), self.billing_provider_id)

    @property
    def decided_under(self) -> str:
        """What the lines depend on besides the facts: patient, payer, billing provider, episode, policy values."""
        digest = policy_digest(self.policy, Month(self.facts.year, self.facts.month))
        keys = (
            self.patient_id,
            self.payer_on(last_day_served(self.facts)),
            self.billing_provider_id,
            self.episode_id,
            digest[:12],
        )
        return "|".join(map(str, keys))

    @property
    def text(self) -> str:
        """The facts as canonical JSON, as they are stored with the decision."""
        return facts_text(self.facts)

    @property
    def digest(self) -> str:
        """SHA-256 of `text`: the same facts give the same digest."""
        return digest_of(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile(EnrollmentCase):
    """A case with the documents on file for it."""

    papers: DocumentsInForce


def facts_of(
    practice_id: int,
    enrollment_ids: Iterable[int],
    *,
    month: Month,
    zone: str,
    today: date,
    known_at: datetime | None = None,
    read: Reader | None = None,
    rules: PayerPolicies | None = None,
) -> list[CaseFile]:
    """The facts of a month as known at a moment, in the order of the enrollments.

    This is the only definition of a month's facts: computing, sealing, verifying, replaying and the chart as of a
    moment all call it. Twelve statements for any number of enrollments.

    `today` is the local day of that moment: while the month runs, windows that have not ended by yesterday stay open.
    `known_at` is the moment on the database's clock, or None for now. It decides which claim lines of other months
    count (see `billed_elsewhere`) and whether the device windows were fixed by then. `read` returns the rows that the
    facts are made of; by default those on file now. `rules` are policies to try instead of those in force.
    """
    ids = list(enrollment_ids)
    rows = (read or rows_on_file)(ids, month, zone)
    policies = rules or policies_around(practice_id, month)
    patients = [paper.enrollment.patient_id for paper in rows.documents_in_force.values()]
    billed = billed_elsewhere(patients, month=month, known_at=known_at)
    anchors = anchors_of(ids, known_at=known_at)
    cases = []
    for pk in ids:
        paper = rows.documents_in_force[pk]
        patient_id = paper.enrollment.patient_id
        # Time of one patient and program adds up over the month: it counts in the last of several enrollments.
        counted_in = [] if later_of(paper, month) else [*(one.enrollment.pk for one in earlier_of(paper, month)), pk]
        time = [entry for one in counted_in for entry in rows.time.get(one, [])]
        facts = facts_from(
            paper,
            month=month,
            zone=zone,
            as_of=None if today > month.last_day else today - timedelta(days=1),
            anchor=anchors.get(pk),
            first_read=rows.first_read.get(pk),
            days=rows.days.get(pk, ()),
            time=time,
            calls=[call for one in counted_in for call in rows.contacts.get(one, [])],
            billed=billed[patient_id],
            visits=rows.visits.get(patient_id, []),
            care=rows.care.get(patient_id, {}),
        )
        cases.append(
            CaseFile(
                facts=facts,
                policy=policy_of(facts, policies, policies.strictest),
                enrollment_id=pk,
                patient_id=patient_id,
                billing_provider_id=paper.enrollment.billing_provider_id,
                episode_id=paper.episode.pk if paper.episode else None,
                late=frozenset(f"time:{entry.public_id}" for entry in time if entry.proof in _LATE),
                first=not any(line.enrollment_id == pk and line.dos < month.first_day for line in billed[patient_id]),
                papers=paper,
            )
        )
    return cases


def under_changes(before: str, after: str) -> list[str]:
    """The differences between two values of `EnrollmentCase.decided_under`, one phrase each."""
    names = ("patient record", "payer", "billing provider", "episode", "payer policy")
    pairs = zip(names, before.split("|"), after.split("|"), strict=True)
    return [f"{name} changed" for name, then, now in pairs if then != now]


def facts_from(
    paper: DocumentsInForce,
    *,
    month: Month,
    zone: str,
    as_of: date | None,
    anchor: date | None,
    first_read: date | None,
    days: tuple[DayRead, ...],
    time: Sequence[TimeEntry | IntervalRow],
    calls: Sequence[Call | CallRow],
    billed: Sequence[BilledLine],
    visits: Sequence[Visit],
    care: CareTime,
) -> PatientMonth:
    """One enrollment's month from its rows; every list oldest first."""
    row, episode = paper.enrollment, paper.episode

    def by_month_end(day: date | None) -> date | None:
        """The day, or None if it is after the month: what happens later is no fact of this month."""
        return day if day is not None and day <= month.last_day else None

    is_billed = setup_billed(paper, billed)
    later = later_of(paper, month)
    # Intervals of calling whose calls all failed to reach anybody.
    answered = {call.time_entry_id for call in calls if call.is_live}
    unanswered = {call.time_entry_id for call in calls if call.outcome in FAILED} - answered
    educated_on = by_month_end(episode.educated_on) if episode is not None else None
    return PatientMonth(
        id=row.public_id,
        program=row.program,
        year=month.year,
        month=month.number,
        zone=zone,
        as_of=as_of,
        billing_provider_id=str(row.provider_user_id),
        billing_provider_role=row.provider_role,
        died_on=by_month_end(row.died_on),
        **dated_facts(paper, month=month, zone=zone),
        **recorded_facts(paper, month),
        diagnosis=row.diagnosis,
        diagnosis_kind=row.diagnosis_kind,
        rtm_system=row.rtm_system,
        therapy_plan=row.therapy_plan,
        device_anchor_on=anchor,
        new_episode=not is_billed,
        setup_on=educated_on,
        # If set-up was billed, the education is not used again; the episode's own line proves it.
        setup_education_done=educated_on is not None and not is_billed,
        setup_by_assistant=educated_on is not None and episode is not None and episode.educated_by_assistant,
        setup_billed_in_episode=is_billed or episode is None,
        continues_episode=len(same_episode(paper)) > 1,
        first_read_on=by_month_end(first_read),
        days_read=days,
        time=tuple(_slice(entry, zone, unanswered) for entry in time),
        contacts=tuple(_contact(call, zone) for call in calls),
        time_counted_in=later.enrollment.public_id if later is not None else "",
        other_claims=(*map(claim_of, billed), *outside_claims(paper)),
        others_asked=row.other_monitoring != "",
        visits=tuple(VisitFact(str(visit.provider_id), visit.started_at, visit.ended_at) for visit in visits),
        other_time=tuple(
            OtherTime(
                program,
                role if role in _CLINICAL else "non_clinical",
                spell.seconds,
                on,
                tuple(f"time:{public_id}" for public_id in spell.entries),
            )
            for (program, role, on), spell in sorted(care.items())
        ),
    )


def policy_of(facts: PatientMonth, policies: Mapping[int, Policy], strictest: Policy) -> Policy:
    """The policy of each day: that of the payer on the day, the strictest on a day without a payer or its policy."""
    rows = [
        (row.first or date.min, row.last or END, policies.get(int(row.id), strictest)) for row in facts.coverages or ()
    ]
    if not rows:
        return strictest
    first, last, policy = rows[0]
    if len(rows) == 1 and first <= facts.first_day - LOOK_BACK and last == END:
        return policy
    return _policy_by_day(tuple(rows), strictest, last_day_served(facts))


@lru_cache(maxsize=1024)
def _policy_by_day(rows: tuple[tuple[date, date, Policy], ...], strictest: Policy, named_on: date) -> Policy:
    """One object for all patients with the same payers on the same days: views of a policy are cached by object."""
    return terms(rows, otherwise=strictest, named_on=named_on)


def with_time(facts: PatientMonth, entry: TimeEntry) -> PatientMonth:
    """The facts with one more interval, as if it were on file."""
    time_slice = _slice(entry, facts.zone)
    if time_slice.seconds <= 0:
        # In its first second a timer has no interval yet, but the facts must show that it runs.
        time_slice = time_slice._replace(seconds=0, started_at=None, ended_at=None)
    return replace(facts, time=(*facts.time, time_slice))


def _slice(entry: TimeEntry | IntervalRow, zone: str, unanswered: Collection[int | None] = ()) -> TimeSlice:
    assert entry.stopped_at is not None  # noqa: S101 - time_slices selects stopped ones only
    return TimeSlice(
        id=f"time:{entry.public_id}",
        role=entry.role if entry.role in _CLINICAL else "non_clinical",
        person_id=str(entry.staff_id),
        seconds=int((entry.stopped_at - entry.started_at).total_seconds()),
        started_at=entry.started_at,
        ended_at=entry.stopped_at,
        on=local_day(entry.started_at, zone),
        counts=entry.billable,
        kind=_kind(entry, unanswered),
    )


def _kind(entry: TimeEntry | IntervalRow, unanswered: Collection[int | None]) -> str:
    if entry.activity == Activity.MESSAGE:
        return "message"
    return "attempt" if entry.activity in CALLING and entry.pk in unanswered else ""


def _contact(call: Call | CallRow, zone: str) -> Contact:
    return Contact(
        id=f"call:{call.public_id}",
        on=local_day(call.started_at, zone),
        channel=call.channel,
        live=call.is_live,
        by_role=call.role if call.role in _CLINICAL else "non_clinical",
        by_id=str(call.called_by_id),
        with_whom="caregiver" if call.outcome == CallOutcome.CAREGIVER else "patient",
    )
