"""Stays, hospice, home health and surgical periods: what they mean for the services of their days."""

from collections.abc import Iterator

from billing.rules.case import Case
from billing.rules.decision import Finding, Gravity
from billing.rules.fact_rows import CareSpan
from billing.rules.services import DatedService

# The finding on a service that shares a day with one. No text of CMS was found that takes such days out of the count,
# so a person decides with the sentence.
REVIEWED = {
    "inpatient": "INPATIENT_STAY",
    "snf": "SKILLED_NURSING_STAY",
    "home_health": "HOME_HEALTH_EPISODE",
    "hospice": "HOSPICE_ELECTED",
}


def in_other_care(case: Case, service: DatedService) -> Iterator[Finding]:
    """A person looks at services with days in a facility, a home health episode or a hospice election.

    Care inside the practitioner's own surgical global period that belongs to the surgery is not billed (rule R-GLOBAL).
    """
    for span in case.facts.care_spans:
        if not span.overlaps(service.first, service.on):
            continue
        values = {"start": span.first, "end": span.last or service.on}
        if span.kind == "surgery":
            yield from _surgery(span, service)
        elif span.kind == "hospice" and span.related:
            yield Finding("HOSPICE_RELATED", "all", Gravity.REVIEW, values, (span.id,))
        elif reason := REVIEWED.get(span.kind):
            yield Finding(reason, "all", Gravity.REVIEW, values, (span.id,))


def _surgery(span: CareSpan, service: DatedService) -> Iterator[Finding]:
    """The finding on a date of service inside a surgical global period."""
    if not span.overlaps(service.on, service.on):
        return
    values = {"start": span.first, "end": span.last or service.on}
    if span.same_practitioner and span.related:
        yield Finding("GLOBAL_PERIOD_OF_SURGERY", "all", Gravity.BLOCKS, values, (span.id,))
    elif span.same_practitioner:
        yield Finding("GLOBAL_PERIOD_UNRELATED", "all", Gravity.REVIEW, values, (span.id,))
