"""Accounting of disclosures: each disclosure is listed once, and only in the patient's own practice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.evidence import packet_runs
from billing.models import Claim, ClaimVersion
from rpm_portal.audit.services import record
from rpm_portal.pages.export.disclosures import disclosures_of
from tests.billing.close.test_close import AFTER
from tests.billing.sending_world import complete, leave, sealed
from tests.test_access import signed_in
from timetracking.threads.conversations import receive, start_thread

LATER = AFTER + timedelta(days=3)


def disclosed(world, *, now=LATER, patient=None):
    return [
        (entry.to, entry.what.split(":")[0], entry.by)
        for entry in disclosures_of(world.practice, patient or world.patient, now=now)
    ]


@pytest.mark.slow
def test_each_disclosure_is_listed_once_with_the_person_who_made_it(world):
    complete(world)
    close = sealed(world)
    assert disclosed(world) == []
    export = leave(world, close)
    claim = Claim.objects.get(close=close)
    biller = signed_in(world.user("biller"))
    biller.get(f"/claims/{claim.public_id}/packet/")
    biller.get(f"/submissions/{export.public_id}/file/")
    run = packet_runs.ask_for(claims=[claim], title="", letter="", by=world.members["biller"], now=AFTER)
    assert packet_runs.make_next_batch(run.pk, now=AFTER)
    b"".join(biller.get(f"/packets/{run.public_id}/file/").streaming_content)
    # The event that the export view records (tests/pages/test_export.py); the view itself needs its own transaction.
    subject = f"patient:{world.patient.public_id}"
    record(practice=world.practice, by=world.user("admin"), action="export", subject=subject, now=timezone.now())

    entries = disclosed(world, now=timezone.now() + timedelta(minutes=1))
    control = ClaimVersion.objects.get().control
    assert ("Medicare Part B", f"claim {control}, version 1", str(world.user("manager"))) in entries
    assert sorted(what for _, what, _ in entries) == sorted([
        f"claim {control}, version 1", "the evidence packet of a claim", "a file of claims, with this patient's among them",
        "evidence packets, with this patient's among them", "the patient's whole record",
    ])  # fmt: skip
    assert disclosed(world.other, patient=world.other.patient) == []


@pytest.mark.slow
def test_six_years_are_listed_and_older_disclosures_are_not(world):
    complete(world)
    leave(world, sealed(world))
    assert len(disclosed(world, now=AFTER + timedelta(days=6 * 365))) == 1
    assert disclosed(world, now=AFTER + timedelta(days=6 * 366 + 1)) == []


@pytest.mark.slow
def test_the_page_and_the_file_are_for_those_who_read_the_audit(world):
    complete(world)
    leave(world, sealed(world))
    url = f"/patients/{world.patient.public_id}/disclosures/"
    assert signed_in(world.user("clinical_staff")).get(url).status_code == 403
    assert signed_in(world.other.user("manager")).get(url).status_code == 404
    manager = signed_in(world.user("manager"))
    assert "99457" in manager.get(url).content.decode()
    assert manager.get(f"{url}?shape=csv").content.decode("utf-8-sig").startswith("at_utc,to,what")


def test_messages_to_the_patient_and_the_patients_looks_are_listed(world):
    message = start_thread(
        enrollment=world.enrollment, subject="device", text="Hello", by=world.members["qhp"], now=AFTER
    )
    receive(thread=message.thread, text="Thank you", now=AFTER)
    subject = f"patient:{world.patient.public_id}"
    record(practice=world.practice, by=None, action="patient_read_thread", subject=subject, now=AFTER)
    recipient = "the patient, on the secure page"

    assert sorted(disclosed(world)) == sorted([
        (recipient, "a message", str(world.user("qhp"))), (recipient, "messages were opened", "the patient"),
    ])  # fmt: skip
    assert disclosed(world.other, patient=world.other.patient) == []
