"""Breaking the glass: for a reason, for an hour, in one session, told at once, and every look marked."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from rpm_portal.accounts import emergency
from rpm_portal.accounts.models import EmergencyAccess
from rpm_portal.audit.models import Event
from tests.builders import PASSWORD
from tests.test_access import signed_in

WHY = "Patient on the phone with chest pain, no nurse reachable."


def chart(world):
    return f"/patients/{world.patient.public_id}/"


def break_glass(client, **said):
    return client.post("/emergency/", {"reason": WHY, "password": PASSWORD, **said})


def test_an_administrator_reads_charts_for_an_hour_and_others_hear_of_it(world):
    admin = signed_in(world.user("admin"))
    refused = admin.get(chart(world))
    assert refused.status_code == 403
    assert b"nobody else can look" in refused.content
    assert break_glass(admin).headers["Location"] == "/"
    seen = admin.get(chart(world))
    assert seen.status_code == 200
    assert b"Emergency access" in seen.content
    row = EmergencyAccess.objects.get()
    look = Event.objects.filter(practice=world.practice, action="read_chart").first()
    assert look.detail["emergency"] == row.public_id
    (told,) = mail.outbox
    assert told.to == sorted([world.user("physician").email, world.user("manager").email])
    assert world.patient.family_name not in told.body
    assert WHY not in told.body
    assert WHY.encode() in signed_in(world.user("manager")).get("/people/").content


def test_charts_alone_and_nothing_is_written(world):
    admin = signed_in(world.user("admin"))
    break_glass(admin)
    assert admin.get(chart(world)).status_code == 200
    assert admin.post(f"/enrollments/{world.enrollment.public_id}/reviewed/").status_code in {403, 404}
    assert admin.get("/months/").status_code == 403
    assert admin.get(chart(world.other)).status_code == 404


def test_it_ends_after_an_hour_when_it_is_ended_and_in_no_other_session(world):
    admin, elsewhere = signed_in(world.user("admin")), signed_in(world.user("admin"))
    break_glass(admin)
    assert elsewhere.get(chart(world)).status_code == 403
    assert admin.post("/emergency/end/").status_code == 302
    assert admin.get(chart(world)).status_code == 403

    now = timezone.now()
    row = emergency.break_glass(by=world.members["admin"], reason=WHY, now=now)
    hour = timedelta(hours=1)
    assert emergency.open_glass(world.members["admin"], now=now + hour - timedelta(seconds=1)) == row
    assert emergency.open_glass(world.members["admin"], now=now + hour) is None


@pytest.mark.parametrize("said", [{"reason": "help"}, {"reason": " " * 30}, {"password": "wrong"}, {"password": ""}])
def test_without_a_reason_or_the_password_nothing_is_opened(world, said):
    admin = signed_in(world.user("admin"))
    assert break_glass(admin, **said).status_code == 422
    assert admin.get(chart(world)).status_code == 403
    assert not EmergencyAccess.objects.exists()
    assert mail.outbox == []


def test_nobody_else_breaks_it_and_a_mark_in_the_session_alone_opens_nothing(world):
    for role in ("auditor", "biller", "clinical_staff"):
        assert break_glass(signed_in(world.user(role))).status_code == 403
    admin = signed_in(world.user("admin"))
    session = admin.session
    session["glass"] = emergency.break_glass(by=world.other.members["admin"], reason=WHY, now=timezone.now()).public_id
    session.save()
    assert admin.get(chart(world)).status_code == 403


def test_a_mail_server_that_is_away_does_not_keep_an_emergency_out(world, monkeypatch):
    def away(*_args, **_kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("rpm_portal.accounts.views.emergency.send_mail", away)
    admin = signed_in(world.user("admin"))
    assert break_glass(admin).status_code == 302
    assert admin.get(chart(world)).status_code == 200


def test_pages_of_others_ask_for_no_emergency(world, django_assert_max_num_queries):
    client = signed_in(world.user("clinical_staff"))
    client.get("/")
    with django_assert_max_num_queries(40) as asked:
        client.get("/")
    assert not [query for query in asked.captured_queries if "emergencyaccess" in query["sql"]]
