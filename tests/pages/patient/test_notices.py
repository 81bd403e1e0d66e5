"""The notice of a message: where it goes, its words, and that it is not sent when it is no longer needed."""

import pytest

from enrollment.services.contacts import ledger
from enrollment.services.contacts.purposes import check_text
from rpm_portal.core.outbox import work
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.pages.patient import notices
from rpm_portal.pages.patient.links import link_path, revoke_links, secret_of
from rpm_portal.pages.patient.models import PatientLink
from tests.carrier.accounts import NUMBER, a_point, an_account
from tests.carrier.fake_carrier import running_carrier
from tests.clock import TEST_DAY
from timetracking.threads.conversations import mark_read, start_thread

NOW = TEST_DAY  # a Wednesday at noon in Chicago


@pytest.fixture
def carrier(settings):
    settings.PUBLIC_URL = "https://portal.clinic.example"
    with running_carrier() as running:
        settings.CARRIER_URL = running.url
        yield running


def write(world, text="Your potassium is low."):
    by = world.members["clinical_staff"]
    return start_thread(enrollment=world.enrollment, subject="general", text=text, by=by, now=NOW)


def run():
    work.work_batch(lambda: NOW)


def state(row):
    row.refresh_from_db()
    return row.state


def test_a_message_is_announced_by_text_with_the_link_and_nothing_of_the_patient(world, carrier):
    an_account(world)
    a_point(world)
    write(world)
    run()
    (text,) = carrier.texts
    link = PatientLink.objects.get()

    assert (text["to"], text["body"]) == (
        NUMBER,
        f"Lakeside Clinic: you have a message. https://portal.clinic.example{link_path(link)} Reply STOP to end texts.",
    )
    stored = str(OutboxRow.objects.values().get())
    for secret in (secret_of(link), "potassium", world.patient.family_name, world.patient.given_name, "RPM"):
        assert secret not in stored


def test_without_consent_no_text_is_queued_and_the_message_is_stored(world, carrier):
    an_account(world)
    a_point(world, consent=False)
    message = write(world)

    assert message.pk
    assert not OutboxRow.objects.exists()
    ((kind, reason),) = notices.refusals(world.patient, now=NOW)
    assert kind == "mobile phone"
    assert reason


def test_an_e_mail_is_used_if_no_text_may_be_sent(world, carrier):
    an_account(world)
    a_point(world, consent=False)
    mail = a_point(world, "ortega@example.org", kind="email")
    an_account(world, kind="mail", provider="local")
    write(world)

    assert OutboxRow.objects.get().reference == f"point:{mail.public_id}"


def test_a_request_to_stop_before_the_sending_wins(world, carrier):
    an_account(world)
    point = a_point(world)
    write(world)
    ledger.record_act(point, channel="sms", act="withdrawn", how="spoken", now=NOW, by=world.members["clinical_staff"])
    run()

    assert state(OutboxRow.objects.get()) == "dropped"
    assert carrier.texts == []


def test_a_notice_is_dropped_once_the_patient_has_opened_the_thread(world, carrier):
    an_account(world)
    a_point(world)
    message = write(world)
    mark_read(message.thread, None, now=NOW)
    run()

    assert state(OutboxRow.objects.get()) == "dropped"
    assert carrier.texts == []


def test_a_notice_of_an_ended_link_is_dropped(world, carrier):
    an_account(world)
    a_point(world)
    write(world)
    revoke_links(world.patient, by=world.members["qhp"], now=NOW)
    run()

    assert state(OutboxRow.objects.get()) == "dropped"


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_longest_text_is_one_segment(language):
    link = "https://messages.lakeside-clinic.example/m/abcdefgh/#" + "x" * 22
    text = notices._TEXTS[language].format(name="Lakeside Medical Clinic", link=link)

    assert check_text(text) == ""
