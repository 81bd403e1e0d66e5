"""The reasons why codes of a month are not earned: the patients concerned, the cost, and who can fix each."""

from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from billing.models import CodeVerdict, MonthClose
from billing.policies.expected import expected_amounts
from billing.rules.decision import NOT_LOADED
from rpm_portal.core.days import Month

# For each reason that blocks codes: who can fix it, and how.
REMEDIES = {
    "ORDER_MISSING": "Provider: sign an order.",
    "CONSENT_MISSING": "Care team: obtain consent.",
    "CONSENT_EXPIRED": "Care team: obtain a new consent.",
    "DIAGNOSIS_MISSING": "Enrollment: add the diagnosis.",
    "PATIENT_NOT_ESTABLISHED": "Provider: see the patient and record the visit.",
    "PRIOR_AUTH_MISSING": "Biller: request prior authorization.",
    "PRIOR_AUTH_EXPIRED": "Biller: ask the payer to extend the authorization.",
    "PRIOR_AUTH_NOT_BEGUN": "Biller: ask the payer for the days before the authorization.",
    "PRIOR_AUTH_OTHER_CODES": "Biller: ask the payer to add the code to the authorization.",
    "PRIOR_AUTH_USED_UP": "Biller: ask the payer for more units.",
    "THERAPY_PLAN_MISSING": "Therapist: record the plan of care.",
    "THERAPY_PLAN_ENDED": "Therapist: recertify the plan of care.",
    "THERAPY_PLAN_NOT_CERTIFIED": "Therapist: record the physician's signature on the plan.",
    "DEVICE_NOT_FDA_DEFINED": "Enrollment: assign another device.",
    "RTM_SYSTEM_MISSING": "Enrollment: enter the body system.",
    "SETUP_NOT_DOCUMENTED": "Care team: document setup and patient education.",
    "DEVICE_DAYS_BELOW_MIN": "Care team: contact patients who are not sending readings.",
    "DEVICE_PERIOD_OPEN": "Care team: contact patients who are not sending readings.",
    "DEVICE_NO_PERIOD": "Care team: help with the first reading.",
    "SUPERVISION_NOT_DOCUMENTED": "Enrollment: enter the supervising practitioner.",
    "MGMT_NO_LIVE_COMMUNICATION": "Care team: make a live call.",
    "MGMT_LIVE_COMM_NOT_BY_REQUIRED_PERSON": "Provider: make a live call.",
    "MGMT_TIME_BELOW_MIN": "Care team: treatment management time.",
    "MGMT_NOT_PROVIDED": "Care team: time and a live call.",
    "RULE_YEAR_NOT_LOADED": "Administrator or manager: load the rule year. A second person puts it in force.",
}
# For each reason: the worklist filter that lists the patients whose running month can still be fixed.
ON_THE_WORKLIST = {
    "ORDER_MISSING": "blocked",
    "CONSENT_MISSING": "blocked",
    "CONSENT_EXPIRED": "blocked",
    "DIAGNOSIS_MISSING": "blocked",
    "DEVICE_DAYS_BELOW_MIN": "quiet",
    "DEVICE_NO_PERIOD": "quiet",
    "DEVICE_PERIOD_OPEN": "ends",
    "MGMT_NO_LIVE_COMMUNICATION": "call",
    "MGMT_NOT_PROVIDED": "call",
    "MGMT_TIME_BELOW_MIN": "near",
}
# The findings of a code without any facts: no finding blocks such a code, and it is still not earned.
NOTHING_CAME = ("DEVICE_NO_PERIOD", "MGMT_NOT_PROVIDED")
# Reasons that cost nothing: a running device period has its days already, or ends in a later month.
PERIOD_EARNED, PERIOD_NEXT_MONTH = "PERIOD_EARNED", "PERIOD_NEXT_MONTH"
# Every code of a month that is not billed, with its reason: the first finding that blocks it, else a finding of
# NOTHING_CAME. Being short of a further code is no reason: nothing is lost. Each decision's findings are parsed once.
_REASONS = f"""
FROM (SELECT k.id, e.patient_id, split_part(k.decided_under, '|', 2) AS payer, k.findings_json::jsonb AS findings
      FROM billing_keptdecision k JOIN enrollment_enrollment e ON e.id = k.enrollment_id
      WHERE k.close_id = %(close)s AND k.replaced_in IS NULL OFFSET 0) d
JOIN billing_codeverdict v ON v.decision_id = d.id AND v.close_id = %(close)s AND v.outcome <> 'bill'
CROSS JOIN LATERAL (
  SELECT f.one ->> 'says' AS says,
    CASE WHEN (f.one #>> '{{period,closes}}')::date > %(last_day)s THEN '{PERIOD_NEXT_MONTH}'
         WHEN (f.one #>> '{{period,days}}')::int >= (f.one #>> '{{period,least}}')::int THEN '{PERIOD_EARNED}'
         ELSE f.one ->> 'code' END AS code
  FROM unnest(v.reason_places) WITH ORDINALITY p(place, n)
  CROSS JOIN LATERAL (SELECT d.findings -> p.place::int AS one) f
  WHERE f.one ->> 'gravity' = 'blocks' OR f.one ->> 'code' IN {NOTHING_CAME}
  ORDER BY f.one ->> 'gravity' <> 'blocks', p.n LIMIT 1) r
"""  # noqa: S608 - names of our own
_LEAKS = (
    "SELECT r.code, d.patient_id, max(d.payer), array_agg(v.code), bool_or(v.outcome <> 'do_not_bill'), min(r.says) "
    f"{_REASONS} GROUP BY 1, 2"
)


@dataclass(frozen=True, slots=True)
class Leak:
    """A reason why codes are not earned: how many patients, what it costs at the rates on file, and an example."""

    code: str
    says: str
    patients: int
    dollars: Decimal
    blocked: bool

    @property
    def remedy(self) -> str:
        """Who can fix it while the month runs, and how; empty if nobody can."""
        return REMEDIES.get(self.code, "")

    @property
    def fixable(self) -> bool:
        """Whether a person can fix it: a document, a call, minutes or readings are missing."""
        return bool(self.remedy) and not self.waits

    @property
    def costs_nothing(self) -> bool:
        """Whether the codes are not lost: a device period will earn them when it ends, in this month or a later one."""
        return self.code in {PERIOD_EARNED, PERIOD_NEXT_MONTH}

    @property
    def waits(self) -> bool:
        """Whether nothing is lost: the codes are decided once the rules of their date of service are loaded."""
        return self.code == NOT_LOADED

    @property
    def chip(self) -> str:
        """The worklist filter for patients whose running month can still be fixed; empty if there is none."""
        return ON_THE_WORKLIST.get(self.code, "")


def leaks_of(close: MonthClose, patients: Container[int] | None = None) -> list[Leak]:
    """Why codes of the last computation are not earned, by reason, the most dollars first. Three statements.

    A reason may block several codes of a patient that exclude each other: it costs the most expensive of them. Device
    periods that still run and cost nothing are in no reason (see `running_periods`). `patients` leaves out all others.
    """
    costs: dict[str, dict[int, Decimal]] = defaultdict(dict)
    example: dict[str, str] = {}
    blocked: set[str] = set()
    served_on = Month.of(close.month).last_day
    amounts = expected_amounts(close.practice, [served_on.year])
    for key, patient_id, payer, codes, is_blocked, says in _missed_codes(_LEAKS, close):
        if patients is not None and patient_id not in patients:
            continue
        payer_id = int(payer) if payer.isdecimal() else None
        priced = amounts.by_code(codes, on=served_on, payer=payer_id)
        costs[key][patient_id] = max(priced.values(), default=Decimal())
        example[key] = min(example.get(key, says), says)
        if is_blocked and key != NOT_LOADED:
            blocked.add(key)
    leaks = [
        Leak(key, example[key], len(by_patient), sum(by_patient.values(), Decimal()), key in blocked)
        for key, by_patient in costs.items()
    ]
    lost = [leak for leak in leaks if not leak.costs_nothing]
    return sorted(lost, key=lambda leak: (-leak.dollars, -leak.patients, leak.code))


def because_of(close: MonthClose, rows: QuerySet[CodeVerdict], why: str) -> QuerySet[CodeVerdict]:
    """The verdicts of a month that a reason keeps from being billed, as `leaks_of` counts them.

    One statement reads the keys once; the returned rows may then be evaluated any number of times.
    """
    keys = _missed_codes(f"SELECT v.id {_REASONS} WHERE r.code = %(why)s", close, why)
    return rows.filter(pk__any_of=[key for (key,) in keys])


def _missed_codes(statement: str, close: MonthClose, why: str = "") -> list[tuple[Any, ...]]:
    """The rows of a statement over `_REASONS`. Raw: the ORM has no lateral join to places in a JSON list."""
    with connection.cursor() as cursor:
        last_day = Month.of(close.month).last_day
        cursor.execute(statement, {"close": close.pk, "why": why, "last_day": last_day})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
