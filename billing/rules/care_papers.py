"""Papers that care management needs: consent, care plan with its conditions, a visit, and no other practice's claim.

Unverified: CMS's booklet on chronic care management (MLN909188) was not read. As others report it: consent once, a
comprehensive care plan, two or more chronic conditions (CCM), an initiating visit if the patient was not seen within a
year. PCM: one high-risk condition (hana.health). APCM: consent, and one practice for a month (AAFP).
"""

from collections.abc import Iterator
from datetime import date

from billing.rules.care_rows import CarePapers, ManagedCare
from billing.rules.care_spans import REVIEWED
from billing.rules.case import Case
from billing.rules.decision import Finding, Gravity
from billing.rules.fact_rows import AdvancedCare, OtherTime
from billing.rules.visits import years_before

# The least number of chronic conditions of a plan, and the code that a missing paper is about.
_LEAST_CONDITIONS = {"CCM": 2, "PCM": 1}
_CODE_OF = {"CCM": "99490", "PCM": "99426", "APCM": "G0557"}
# One practice bills these for a patient and month; principal care may be another specialist's.
_ONE_PRACTICE = frozenset({"CCM", "CCM_COMPLEX", "APCM"})


def date_of_service(case: Case) -> date:
    """The date of service of care management: the month's last day, or that of the patient's death."""
    facts = case.facts
    return min(facts.last_day, facts.died_on) if facts.died_on is not None else facts.last_day


def are_complete(case: Case) -> bool:
    """Whether a plan and a consent are in force on the date of service, and the payer takes the codes: else the time is
    only reported.
    """
    papers, on = case.facts.care_papers, date_of_service(case)
    if papers is None or not (case.rules_on(on) or case.management)["care_management_billed"]:
        return False
    return papers.plan_on(on) is not None and papers.consent_on(on) is not None


def counted_time(case: Case) -> list[OtherTime]:
    """The time in other programs that counts: with complete papers, that of days with a plan and a consent in force, in
    the plan's program; else all of it, to be reported.
    """
    papers, others = case.facts.care_papers, case.facts.other_time
    plan = papers.plan_on(date_of_service(case)) if papers is not None and are_complete(case) else None
    if papers is None or plan is None:
        return list(others)
    covered = [item for item in others if item.program == "CCM" and _is_covered(papers, plan, item.on)]
    return [item._replace(program=plan.program) for item in covered]


def _is_covered(papers: CarePapers, plan: ManagedCare, on: date | None) -> bool:
    if on is None or papers.consent_on(on) is None:
        return False
    of_day = papers.plan_on(on)
    return of_day is not None and of_day.program == plan.program


def has_care(case: Case) -> bool:
    """Whether the month has care management to decide."""
    facts = case.facts
    papers = facts.care_papers
    of_papers = papers is not None and papers.plan_on(date_of_service(case)) is not None
    return bool(facts.other_time) or facts.advanced_care is not None or of_papers


def papers_missing(case: Case) -> Iterator[Finding]:
    """The papers that are missing: what is earned is then only reported."""
    papers, on = case.facts.care_papers, date_of_service(case)
    if papers is None:
        return
    plan = papers.plan_on(on)
    program = plan.program if plan is not None else "CCM"
    values: dict[str, object] = {"code": _CODE_OF[program], "program": program, "on": on}
    if plan is None:
        yield _short("CARE_PLAN_MISSING", values)
    if papers.consent_on(on) is None:
        yield _short("CARE_CONSENT_MISSING", values)


def exclusions(case: Case) -> Iterator[Finding]:
    """Why no care management is billed under the plan: conditions, another practice's claim, or the ACCESS model."""
    papers, on = case.facts.care_papers, date_of_service(case)
    plan = papers.plan_on(on) if papers is not None else None
    if plan is None:
        return
    values: dict[str, object] = {"code": _CODE_OF[plan.program], "program": plan.program, "on": on}
    if plan.conditions < (least := _LEAST_CONDITIONS.get(plan.program, 0)):
        yield _short("CARE_CONDITIONS_TOO_FEW", values | {"conditions": plan.conditions, "least": least})
    if plan.program in _ONE_PRACTICE:
        yield from _billed_elsewhere(case, values)
    view = case.rules_on(on) or case.management
    for row in case.facts.access_alignments:
        if view["access_model"] and row.ours and row.covers(on):
            yield _short("ACCESS_PARTICIPANT", values | {"track": row.track})


def _short(code: str, values: dict[str, object]) -> Finding:
    return Finding(code, "care_management", Gravity.SHORT, values)


def _billed_elsewhere(case: Case, values: dict[str, object]) -> Iterator[Finding]:
    for claim in case.claims:
        in_month = case.facts.first_day <= claim.dos <= case.facts.last_day
        if in_month and not claim.same_practice and case.codes.program_of(claim.code) in _ONE_PRACTICE:
            yield _short("CARE_BILLED_ELSEWHERE", values | {"other": claim.code, "on": claim.dos})


def on_line(case: Case, code: str) -> Iterator[Finding]:
    """The papers that a line rests on, and what a person checks before it is billed."""
    papers, on = case.facts.care_papers, date_of_service(case)
    plan = papers.plan_on(on) if papers is not None else None
    consent = papers.consent_on(on) if papers is not None else None
    if papers is None or plan is None or consent is None:
        return
    values: dict[str, object] = {"code": code, "program": plan.program, "on": plan.first, "conditions": plan.conditions}
    ids = tuple(pk for pk in (plan.id, consent.id) if pk)
    yield Finding("CARE_PAPERS_ON_FILE", "care_management", Gravity.MET, values, ids, "", code)
    began = consent.first or plan.first
    if not any(years_before(began, 1) <= day <= on for day in papers.seen_on):
        seen = {"code": code, "program": plan.program, "on": began}
        yield Finding("CARE_VISIT_NOT_RECORDED", "care_management", Gravity.REVIEW, seen, (), "", code)
    in_practice = case.facts.provider_in_practice
    if in_practice and not any(row.covers(on) for row in in_practice):
        left = {"code": code, "on": on}
        yield Finding("PROVIDER_NOT_IN_PRACTICE", "care_management", Gravity.REVIEW, left, (), "", code)
    for span in case.facts.care_spans:
        if span.kind in REVIEWED and span.overlaps(case.facts.first_day, on):
            days = {"code": code, "start": span.first, "end": span.last or on}
            yield Finding(REVIEWED[span.kind], "care_management", Gravity.REVIEW, days, (span.id,), "", code)


def advanced_care_of(case: Case) -> AdvancedCare | None:
    """The facts of advanced primary care: given, or those of a plan of it in force."""
    papers, on = case.facts.care_papers, date_of_service(case)
    plan = papers.plan_on(on) if papers is not None else None
    if papers is None or plan is None or plan.program != "APCM":
        return case.facts.advanced_care
    qualified = any(span.kind == "qmb" and span.overlaps(on, on) for span in case.facts.care_spans)
    return AdvancedCare(plan.conditions, qualified, papers.consent_on(on) is not None)
