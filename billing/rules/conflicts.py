"""Rules on other claims and care: one biller, RPM or RTM, 99091, blood pressure codes, global periods, repeats."""

from collections.abc import Iterator
from datetime import date, timedelta

from billing.rules.access_model import access_exclusion
from billing.rules.case import Case
from billing.rules.decision import Finding, Gravity
from billing.rules.fact_rows import Inquiry, OtherClaim
from billing.rules.periods import LENGTH
from billing.rules.services import DatedService, Gate

# The finding on a month with a service of one of these programs.
_SEPARATE_SERVICES = {"SMBP": "MUTUALLY_EXCLUSIVE_SMBP", "CGM": "MUTUALLY_EXCLUSIVE_CGM"}
# RPM codes that are not in RPM's own code files.
_MORE_RPM_CODES = {"99091"}


def _program_of(case: Case, claim: OtherClaim) -> str:
    return "RPM" if claim.code in _MORE_RPM_CODES else case.codes.program_of(claim.code)


def _in_month(case: Case, claim: OtherClaim) -> bool:
    return case.facts.first_day <= claim.dos <= case.facts.last_day


def _device_span(case: Case, claim: OtherClaim) -> tuple[date, date] | None:
    known = case.codes.by_code.get(claim.code)
    if known is None or known.component != "device":
        return None
    start = claim.period_start or claim.dos - timedelta(days=LENGTH - 1)
    return start, max(claim.dos, start + timedelta(days=LENGTH - 1)) if claim.period_start else claim.dos


def _overlaps_month(case: Case, claim: OtherClaim) -> bool:
    if _in_month(case, claim):
        return True
    span = _device_span(case, claim)
    return span is not None and any(w.start <= span[1] and span[0] <= w.closes_on for w in case.closed_windows)


def one_biller(case: Case, service: DatedService) -> Iterator[Finding]:
    """Only one practitioner may bill the patient's monitoring in a period (rule R-ONEBILLER)."""
    component = "device" if service.view["single_biller_scope"] == "device_only" else "all"
    billed = [
        claim
        for claim in case.claims
        if not claim.same_practice and _program_of(case, claim) == case.facts.program and _overlaps_month(case, claim)
    ]
    for claim in billed:
        values = {"code": claim.code, "on": claim.dos}
        yield Finding("OTHER_PRACTITIONER_BILLED", component, Gravity.BLOCKS, values, (), "single_biller_scope")
    if billed:
        return
    if others := [row for row in case.facts.monitored_elsewhere if row.overlaps(service.first, service.on)]:
        reason = "OTHER_PRACTITIONER_MONITORS" if others[0].last is None else "OTHER_PRACTITIONER_MONITORED"
        yield Finding(reason, "all", Gravity.REVIEW, {"on": others[0].last}, (), "single_biller_scope")
        return
    # Nobody may read that no other practice bills unless somebody was asked.
    if asked := _asked(case, service):
        reason, gravity = _ANSWERS[asked.answer]
        values = {"on": asked.on, "of": _ASKED_OF[asked.of]}
        yield Finding(reason, "all", gravity, values, (asked.id,), "single_biller_scope")
    elif case.facts.others_asked:
        yield Finding("NO_OTHER_PRACTITIONER", "all", Gravity.MET, {}, (), "single_biller_scope")
    else:
        yield Finding("OTHER_PRACTITIONER_NOT_ASKED", "all", Gravity.NOTE, {}, (), "single_biller_scope")


# The finding for each answer to whether another practice bills.
_ANSWERS = {
    "none": ("NO_OTHER_PRACTITIONER_ASKED", Gravity.MET),
    "some": ("OTHER_PRACTITIONER_REPORTED", Gravity.REVIEW),
    "unknown": ("OTHER_PRACTITIONER_UNKNOWN", Gravity.NOTE),
}
_ASKED_OF = {"patient": "the patient", "practice": "the other practice", "payer": "the payer"}


def _asked(case: Case, service: DatedService) -> Inquiry | None:
    """The last answer asked for by the date of service; else the first one after it."""
    rows = sorted(case.facts.inquiries, key=lambda row: (row.on, row.id))
    before = [row for row in rows if row.on <= service.on]
    return before[-1] if before else rows[0] if rows else None


def one_family(case: Case, service: DatedService) -> Iterator[Finding]:
    """RPM and RTM are not both billed for a patient in a month (rule R-RPM-RTM)."""
    if service.view["rpm_rtm_same_month"] == "allow":
        return
    other = "RTM" if case.facts.program == "RPM" else "RPM"
    for claim in case.claims:
        if _program_of(case, claim) == other and _in_month(case, claim):
            values = {"code": claim.code, "on": claim.dos}
            yield Finding("RPM_RTM_SAME_MONTH", "all", Gravity.BLOCKS, values, (), "rpm_rtm_same_month")


def global_period(case: Case) -> Iterator[Finding]:
    """Related care inside the practitioner's own surgical global period is not billed separately (rule R-GLOBAL)."""
    if case.facts.global_period_conflict:
        yield Finding("GLOBAL_PERIOD_CONFLICT", "all", Gravity.BLOCKS)


def with_99091(case: Case) -> Iterator[Finding]:
    """99091 and management are not both reported, unless the payer allows it (rule R-99091)."""
    for claim in case.claims:
        if claim.code == "99091" and claim.same_practice and _in_month(case, claim) and case.facts.program == "RPM":
            allowed = case.management["allow_99091_with_99457"]
            yield Finding(
                "SEPARATE_TIME_DOCUMENTATION_REQUIRED" if allowed else "MUTUALLY_EXCLUSIVE_99091",
                "management",
                Gravity.REVIEW if allowed else Gravity.BLOCKS,
                {"on": claim.dos},
                (),
                "allow_99091_with_99457",
            )


def with_excluding_services(case: Case) -> Iterator[Finding]:
    """Set-up and supply are not billed in a month with blood pressure that the patient measures (99473, 99474), nor
    with continuous glucose monitoring (95250; NGS article 4521902).
    """
    if case.facts.program != "RPM":
        return
    for claim in case.claims:
        reason = _SEPARATE_SERVICES.get(case.codes.program_of(claim.code))
        if reason and claim.same_practice and _in_month(case, claim):
            for component in ("device", "setup"):
                values = {"code": claim.code, "on": claim.dos}
                yield Finding(reason, component, Gravity.BLOCKS, values)


def management_once(case: Case) -> Iterator[Finding]:
    """One management base code a month, and as far apart as the payer asks (rule R-DUP)."""
    apart = case.management["management_min_interval_days"]
    interval_phrase = f", and this payer requires {apart} days between them" if apart else ""
    for claim in case.claims:
        known = case.codes.by_code.get(claim.code)
        if not claim.same_practice or known is None or known.component != "management":
            continue
        if known.program != case.facts.program or known.role not in {"base", "first10"}:
            continue
        too_near = apart and 0 < (case.facts.last_day - claim.dos).days < apart
        if _in_month(case, claim) or too_near:
            yield Finding(
                "MGMT_ALREADY_BILLED_THIS_MONTH",
                "management",
                Gravity.BLOCKS,
                {"code": claim.code, "on": claim.dos, "apart": interval_phrase},
                (),
                "management_min_interval_days",
            )


# The first are decided for each date of service, the others for the month.
SERVICE_CONFLICTS: tuple[Gate, ...] = (one_biller, one_family, access_exclusion)
CONFLICTS = (global_period, with_99091, with_excluding_services, management_once)
