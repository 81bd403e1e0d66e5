"""Drafts of calls, messages and notes: kept while they are typed, restored, seen by nobody else, gone when saved."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from enrollment.models import TextDraft
from monitoring.models import Note
from rpm_portal.ops.tasks import delete_expired
from timetracking.models import Call

pytestmark = pytest.mark.django_db
CALL = {"channel": "phone", "outcome": "patient", "showed": "", "decided": "Dizzy in the morning", "minutes": "6"}


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="rpm_portal.accounts.backends.PortalBackend")
    return client


@pytest.fixture
def nurse(world):
    return signed_in(world.user("clinical_staff"))


def keep(client, world, kind, **typed):
    return client.post(reverse("enroll:save_text", args=[world.enrollment.public_id, kind]), typed)


def call_form(client, world, query=""):
    return client.get(reverse("timetracking:log_call", args=[world.enrollment.public_id]) + query).content.decode()


def test_an_unfinished_call_is_restored_and_shown_on_the_chart_and_in_my_day(world, nurse):
    assert "Draft saved" in keep(nurse, world, "call", **CALL).content.decode()

    page = call_form(nurse, world)
    assert "Dizzy in the morning" in page
    assert "Your unfinished call" in page
    assert "Dizzy" not in call_form(nurse, world, "?as=message"), "a message has its own draft"
    assert "Unfinished call" in nurse.get(reverse("chart", args=[world.patient.public_id])).content.decode()
    assert "Unfinished call" in nurse.get(reverse("timetracking:my_day")).content.decode()


def test_nobody_else_sees_the_draft(world, nurse):
    keep(nurse, world, "call", **CALL)
    other = signed_in(world.user("physician"))

    assert "Dizzy" not in call_form(other, world)
    assert "Unfinished" not in other.get(reverse("chart", args=[world.patient.public_id])).content.decode()


def test_saving_the_call_deletes_its_draft_and_says_so(world, nurse):
    keep(nurse, world, "call", **CALL)
    start = (timezone.localtime(timezone=ZoneInfo(world.practice.zone)) - timedelta(minutes=30)).strftime(
        "%Y-%m-%dT%H:%M:%S"
    )
    form = CALL | {"direction": "out", "started_at": start, "seconds": "0"}
    answer = nurse.post(reverse("timetracking:log_call", args=[world.enrollment.public_id]), form, follow=True)

    assert Call.objects.count() == 1, answer.content.decode()
    assert TextDraft.objects.count() == 0
    assert "Call saved." in answer.content.decode()


def test_a_refused_note_stays_a_draft_and_a_saved_one_does_not(world, nurse):
    keep(nurse, world, "note", text="Sleeps badly")
    address = reverse("monitoring:write_note", args=[world.enrollment.public_id])

    assert "Sleeps badly" in nurse.get(address).content.decode()
    assert nurse.post(address, {"text": "x" * 4001}).status_code == 422
    assert TextDraft.objects.count() == 1
    nurse.post(address, {"text": "Sleeps badly"})
    assert (Note.objects.count(), TextDraft.objects.count()) == (1, 0)


def test_a_draft_without_text_is_not_kept_and_can_be_discarded(world, nurse):
    keep(nurse, world, "call", **(CALL | {"decided": "  "}))
    assert TextDraft.objects.count() == 0
    keep(nurse, world, "call", **CALL)
    keep(nurse, world, "call", discard="1")
    assert TextDraft.objects.count() == 0


def test_another_practice_and_another_kind_get_no_draft(world, nurse):
    assert keep(nurse, world, "poem", text="x").status_code == 404
    stranger = signed_in(world.other.user("clinical_staff"))
    assert keep(stranger, world, "call", **CALL).status_code == 404
    assert TextDraft.objects.count() == 0


def test_old_drafts_are_deleted(world, nurse, settings):
    keep(nurse, world, "call", **CALL)
    TextDraft.objects.update(saved_at=timezone.now() - timedelta(days=settings.KEEP_DRAFTS + 1))

    delete_expired()

    assert TextDraft.objects.count() == 0
