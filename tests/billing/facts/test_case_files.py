"""The facts of a chunk: a constant number of statements, whatever the patients have on file."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.facts.case_files import facts_of
from billing.models import PayerPolicy
from billing.policies.profiles import ProfileValues, set_profile
from enrollment import services as enrollment
from enrollment.models import AccessAlignment, CarePlan, OtherBillingAnswer
from tests.billing.close.test_close import MARCH
from tests.builders import a_patient, an_enrollment, at, days

AFTER = date(2026, 4, 3)


def statements(world, ids):
    with CaptureQueriesContext(connection) as captured:
        assert len(facts_of(world.practice.pk, ids, month=MARCH, zone=world.practice.zone, today=AFTER)) == len(ids)
    return len(captured)


@pytest.fixture
def three(world):
    """Three patients with readings, time and calls; the first with every kind of recorded fact and care management."""
    nurse, ids = world.user("clinical_staff"), [world.enrollment.pk]
    world.read(days("2026-02-10", "2026-03-31"))
    world.work("2026-03-10", 1250)
    world.call("2026-03-10")
    care = an_enrollment(world, world.patient, program="CCM", serial="none")
    world.work("2026-03-12", 1200, row=care)
    for number in (1, 2):
        patient = a_patient(world.practice, nurse, mrn=f"T{number}", family=f"Three{number}")
        row = an_enrollment(world, patient, serial=f"three-{number}")
        world.read(days("2026-03-01", "2026-03-20"), serial=f"three-{number}")
        ids.append(row.pk)
    for model, values in (
        (OtherBillingAnswer, {"asked_on": date(2026, 3, 31), "asked_of": "patient", "answer": "none"}),
        (CarePlan, {"program": "CCM", "conditions": ["I10", "E11.9"], "starts_on": date(2026, 1, 5)}),
        (AccessAlignment, {"participant": "ours", "track": "CKM", "starts_on": date(2026, 7, 5)}),
    ):
        enrollment.record_fact(model, patient=world.patient, source="test", by=nurse, now=at("2026-08-01"), **values)
    values = ProfileValues(starts_on=date(2026, 1, 1), source="manual", authorization_codes=("99454",))
    set_profile(payer=world.payer, values=values, by=world.members["manager"], now=at("2026-03-20"))
    return world, ids


def test_the_facts_of_a_chunk_take_at_most_twelve_statements(three):
    world, ids = three
    statements(world, ids)  # the first call also prepares statements
    assert (statements(world, ids), statements(world, ids[:1])) == (12, 12)


def test_a_practice_without_a_policy_takes_one_statement_more(three):
    """The rules of the practice are then read by themselves."""
    world, ids = three
    PayerPolicy.objects.all().delete()
    statements(world, ids)
    assert statements(world, ids) == 13
