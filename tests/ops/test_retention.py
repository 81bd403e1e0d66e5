"""Retention: expired data is deleted on its day, and nothing else is deleted."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from enrollment.models import CardDraft, Panel
from enrollment.panel_import.commit import check_panel, request_commit
from enrollment.panel_import.read import COLUMNS
from enrollment.services.drafts import save_draft
from rpm_portal.audit.models import Event
from rpm_portal.ops.tasks import delete_expired
from tests.test_access import signed_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def draft(world, now, card="coverage"):
    draft_values = {"enrollment": world.enrollment, "card": card, "values": {"plan": "B"}, "now": now}
    save_draft(practice=world.practice, user=world.user("clinical_staff"), **draft_values)


def test_a_draft_is_deleted_after_its_days_and_not_before(world, settings):
    now, settings.KEEP_DRAFTS = timezone.now(), 10
    draft(world, now)
    draft(world, now, card="order")
    for later, left in (
        (10 * DAY - timedelta(minutes=1), {"coverage", "order"}),
        (10 * DAY + timedelta(minutes=1), {"order"}),
    ):
        with time_machine.travel(now + later):
            delete_expired()
        assert set(CardDraft.objects.values_list("card", flat=True)) == left, "a prepared order waits for its provider"


def test_an_uncommitted_file_is_deleted_and_its_page_shows_it(world, settings):
    now, settings.KEEP_FILES = timezone.now(), 14
    manager = world.user("manager")
    panel = check_panel(practice=world.practice, body=(",".join(COLUMNS) + "\nx").encode(), by=manager, now=now)
    with time_machine.travel(now + 14 * DAY - timedelta(minutes=1)):
        assert delete_expired()["files"] == 0
    with time_machine.travel(now + 14 * DAY + timedelta(minutes=1)):
        assert delete_expired()["files"] == 1
        assert delete_expired()["files"] == 0
    panel = Panel.objects.get(pk=panel.pk)
    assert panel.body is None
    assert panel.problems
    assert Event.objects.get(practice=world.practice, action="forget_panel").actor is None
    with pytest.raises(Exception, match="was deleted"):
        request_commit(panel=panel, by=manager, now=now)
    page = signed_in(manager).get(f"/panels/{panel.public_id}/")
    assert page.status_code == 200
    assert "bring it in again" in page.content.decode()


def test_expired_sessions_are_deleted_and_others_stay(world):
    active = signed_in(world.user("clinical_staff"))
    expired = signed_in(world.user("manager"))
    Session.objects.filter(session_key=expired.session.session_key).update(expire_date=timezone.now() - DAY)
    delete_expired()
    assert [row.session_key for row in Session.objects.all()] == [active.session.session_key]
    assert active.get("/").status_code == 200
    assert Client().get("/").status_code == 302


def test_facts_stay_however_old_they_are(world):
    world.read([timezone.now().date()], now=timezone.now())
    before = {model: model.objects.count() for model in (Event, type(world.patient), type(world.enrollment))}
    with time_machine.travel(timezone.now() + 7 * 366 * DAY):
        delete_expired()
    assert {model: model.objects.count() for model in before} == before
