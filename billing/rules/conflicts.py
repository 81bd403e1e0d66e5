"""Rules on other claims and care: one biller, RPM or RTM, 99091, blood pressure codes, global periods, repeats."""

from collections.abc import Iterator
from datetime import date, timedelta

from billing.rules.case import Case
from billing.rules.decision import Finding, Gravity
from billing.rules.fact_rows import OtherClaim
from billing.rules.periods import LENGTH

_SMBP = {"99473", "99474"}
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


def one_biller(case: Case) -> Iterator[Finding]:
    """Only one practitioner may bill the patient's monitoring in a period (rule R-ONEBILLER)."""
    component = "device" if case.management["single_biller_scope"] == "device_only" else "all"
    is_billed_elsewhere = False
    for claim in case.claims:
        if not claim.same_practice and _program_of(case, claim) == case.facts.program and _overlaps_month(case, claim):
            is_billed_elsewhere = True
            yield Finding(
                "OTHER_PRACTITIONER_BILLED",
                component,
                Gravity.BLOCKS,
                {"code": claim.code, "on": claim.dos},
                (),
                "single_biller_scope",
            )
    if not is_billed_elsewhere:
        yield Finding("NO_OTHER_PRACTITIONER", "all", Gravity.MET, {}, (), "single_biller_scope")


def one_family(case: Case) -> Iterator[Finding]:
    """RPM and RTM are not both billed for a patient in a month (rule R-RPM-RTM)."""
    if case.management["rpm_rtm_same_month"] == "allow":
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


def with_smbp(case: Case) -> Iterator[Finding]:
    """Self-measured blood pressure codes are not billed in a month with RPM supply or set-up."""
    if case.facts.program != "RPM":
        return
    for claim in case.claims:
        if claim.code in _SMBP and claim.same_practice and _in_month(case, claim):
            for component in ("device", "setup"):
                values = {"code": claim.code, "on": claim.dos}
                yield Finding("MUTUALLY_EXCLUSIVE_SMBP", component, Gravity.BLOCKS, values)


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


CONFLICTS = (one_biller, one_family, global_period, with_99091, with_smbp, management_once)
