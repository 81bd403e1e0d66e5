"""Why codes of a month are not earned: by reason, with whom it concerns, what it costs and who can mend it."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import QuerySet

from billing.models import CodeVerdict, MonthClose
from billing.policies.rates import rates_for
from billing.rules.decision import NOT_LOADED

# Who can do something about a reason that keeps codes from being earned, and what.
MENDERS = {
    "ORDER_MISSING": "The provider signs an order.",
    "CONSENT_MISSING": "Whoever speaks with the patient takes consent.",
    "CONSENT_EXPIRED": "Whoever speaks with the patient takes consent anew.",
    "DIAGNOSIS_MISSING": "Whoever enrolls adds the diagnosis.",
    "PATIENT_NOT_ESTABLISHED": "The provider sees the patient; the visit goes on record.",
    "PRIOR_AUTH_MISSING": "The biller asks the payer.",
    "DEVICE_NOT_FDA_DEFINED": "Whoever enrolls gives out another device.",
    "RTM_SYSTEM_MISSING": "Whoever enrolls names the body system.",
    "SETUP_NOT_DOCUMENTED": "Whoever taught the device writes it down.",
    "DEVICE_DAYS_BELOW_MIN": "The patient measures; the nurse calls who is silent.",
    "DEVICE_NO_PERIOD": "The nurse helps with the first reading.",
    "SUPERVISION_NOT_DOCUMENTED": "Whoever enrolls names the supervisor.",
    "MGMT_NO_LIVE_COMMUNICATION": "The care team talks with the patient.",
    "MGMT_LIVE_COMM_NOT_BY_REQUIRED_PERSON": "The provider talks with the patient.",
    "MGMT_TIME_BELOW_MIN": "The care team: minutes.",
    "MGMT_NOT_PROVIDED": "The care team: minutes and a talk.",
    "RULE_YEAR_NOT_LOADED": "A manager drafts the payer's policy; a physician or another manager approves it.",
}
# Where the worklist shows those who can still be helped in the running month: one of its chips.
ON_THE_WORKLIST = {
    "ORDER_MISSING": "blocked", "CONSENT_MISSING": "blocked", "CONSENT_EXPIRED": "blocked",
    "DIAGNOSIS_MISSING": "blocked",
    "DEVICE_DAYS_BELOW_MIN": "quiet", "DEVICE_NO_PERIOD": "quiet", "DEVICE_PERIOD_OPEN": "ends",
    "MGMT_NO_LIVE_COMMUNICATION": "call", "MGMT_NOT_PROVIDED": "call", "MGMT_TIME_BELOW_MIN": "near",
}  # fmt: skip
# Nothing came at all: no finding blocks such a code, and it is not earned for want of everything.
NOTHING_CAME = ("DEVICE_NO_PERIOD", "MGMT_NOT_PROVIDED")
# Every code of a month that is not billed, with its reason: the first of its findings that blocks it, else the one that
# says that nothing came. What is merely short of a further code is no reason why one is lost. Each decision's findings
# are parsed once.
_REASONS = f"""
FROM (SELECT k.id, e.patient_id, k.findings_json::jsonb AS findings
      FROM billing_keptdecision k JOIN enrollment_enrollment e ON e.id = k.enrollment_id
      WHERE k.close_id = %(close)s AND k.replaced_in IS NULL OFFSET 0) d
JOIN billing_codeverdict v ON v.decision_id = d.id AND v.close_id = %(close)s AND v.outcome <> 'bill'
CROSS JOIN LATERAL (
  SELECT f.one ->> 'code' AS code, f.one ->> 'says' AS says
  FROM unnest(v.reason_places) WITH ORDINALITY p(place, n)
  CROSS JOIN LATERAL (SELECT d.findings -> p.place::int AS one) f
  WHERE f.one ->> 'gravity' = 'blocks' OR f.one ->> 'code' IN {NOTHING_CAME}
  ORDER BY f.one ->> 'gravity' <> 'blocks', p.n LIMIT 1) r
"""  # noqa: S608 - names of our own
_LEAKS = (
    "SELECT r.code, d.patient_id, array_agg(v.code), bool_or(v.outcome <> 'do_not_bill'), min(r.says) "
    f"{_REASONS} GROUP BY 1, 2"
)


@dataclass(frozen=True, slots=True)
class Leak:
    """A reason why codes are not earned: how many patients, what it costs at the rates on file, and an example."""

    code: str
    says: str
    patients: int
    dollars: Decimal
    mendable: bool

    @property
    def mender(self) -> str:
        """Who can do something about it while the month runs, and what; empty where nobody can."""
        return MENDERS.get(self.code, "")

    @property
    def waits(self) -> bool:
        """Whether nothing is lost: the codes are decided once the rules of their date of service are loaded."""
        return self.code == NOT_LOADED

    @property
    def chip(self) -> str:
        """The worklist's filter that shows whom of the running month can still be helped; empty where none does."""
        return ON_THE_WORKLIST.get(self.code, "")


def leaks_of(close: MonthClose) -> list[Leak]:
    """Why codes of the last computation are not earned, by reason, the most dollars first. Two statements.

    A reason may keep several codes off a patient that exclude each other: the dearest of them is what it costs.
    """
    missed: dict[str, dict[int, set[str]]] = defaultdict(dict)
    example: dict[str, str] = {}
    blocked: set[str] = set()
    with connection.cursor() as cursor:
        cursor.execute(_LEAKS, {"close": close.pk})
        for key, patient_id, codes, mendable, says in cursor.fetchall():
            missed[key][patient_id] = set(codes)
            example[key] = min(example.get(key, says), says)
            if mendable and key != NOT_LOADED:
                blocked.add(key)
    codes = {code for some in missed.values() for each in some.values() for code in each}
    rates = rates_for(close.practice, codes, year=close.month.year)

    def cost(some: dict[int, set[str]]) -> Decimal:
        """What the dearest code of each patient would have paid."""
        return sum((max(rates.get(code, Decimal()) for code in each) for each in some.values()), Decimal())

    found = [Leak(key, example[key], len(some), cost(some), key in blocked) for key, some in missed.items()]
    return sorted(found, key=lambda one: (-one.dollars, -one.patients, one.code))


def because_of(close: MonthClose, rows: QuerySet[CodeVerdict], why: str) -> QuerySet[CodeVerdict]:
    """Of a month's verdicts that do not bill, those that a reason keeps from it, as `leaks_of` counts them.

    One statement, which finds them once, however often the rows are then asked for.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT v.id {_REASONS} WHERE r.code = %(why)s", {"close": close.pk, "why": why})
        return rows.filter(pk__any_of=[key for (key,) in cursor.fetchall()])
