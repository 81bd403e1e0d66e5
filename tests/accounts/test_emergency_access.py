"""Emergency access: with a reason, for an hour, in one session, mailed at once, and every view marked in the audit."""

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


def break_glass(client, **fields):
    return client.post("/emergency/", {"reason": WHY, "password": PASSWORD, **fields})


@pytest.mark.slow
def test_an_administrator_reads_charts_for_an_hour_and_others_are_mailed(world):
    admin = signed_in(world.user("admin"))
    refusal = admin.get(chart(world))
    assert refusal.status_code == 403
    assert b"You can open charts for one hour" in refusal.content
    assert break_glass(admin).headers["Location"] == "/"
    page = admin.get(chart(world))
    assert page.status_code == 200
    assert b"Emergency access" in page.content
    row = EmergencyAccess.objects.get()
    event = Event.objects.filter(practice=world.practice, action="read_chart").first()
    assert event.detail["emergency"] == row.public_id
    (message,) = mail.outbox
    assert message.to == sorted([world.user("physician").email, world.user("manager").email])
    assert world.patient.family_name not in message.body
    assert WHY not in message.body
    assert WHY.encode() in signed_in(world.user("manager")).get("/people/").content


def test_emergency_access_opens_only_charts_and_only_for_reading(world):
    admin = signed_in(world.user("admin"))
    break_glass(admin)
    assert admin.get(chart(world)).status_code == 200
    assert admin.post(f"/enrollments/{world.enrollment.public_id}/reviewed/").status_code in {403, 404}
    assert admin.get("/months/").status_code == 403
    assert admin.get(chart(world.other)).status_code == 404


def test_it_ends_after_an_hour_or_on_request_and_applies_to_one_session(world):
    admin, elsewhere = signed_in(world.user("admin")), signed_in(world.user("admin"))
    break_glass(admin)
    assert elsewhere.get(chart(world)).status_code == 403
    assert admin.post("/emergency/end/").status_code == 302
    assert admin.get(chart(world)).status_code == 403

    now = timezone.now()
    row = emergency.break_glass(by=world.members["admin"], reason=WHY, now=now)
    hour = timedelta(hours=1)
    assert emergency.open_emergency_access(world.members["admin"], now=now + hour - timedelta(seconds=1)) == row
    assert emergency.open_emergency_access(world.members["admin"], now=now + hour) is None


@pytest.mark.parametrize("fields", [{"reason": "help"}, {"reason": " " * 30}, {"password": "wrong"}, {"password": ""}])
def test_without_a_reason_or_the_password_nothing_is_opened(world, fields):
    admin = signed_in(world.user("admin"))
    assert break_glass(admin, **fields).status_code == 422
    assert admin.get(chart(world)).status_code == 403
    assert not EmergencyAccess.objects.exists()
    assert mail.outbox == []


def test_other_roles_are_refused_and_a_session_key_alone_opens_nothing(world):
    for role in ("auditor", "biller", "clinical_staff"):
        assert break_glass(signed_in(world.user(role))).status_code == 403
    admin = signed_in(world.user("admin"))
    session = admin.session
    session["glass"] = emergency.break_glass(by=world.other.members["admin"], reason=WHY, now=timezone.now()).public_id
    session.save()
    assert admin.get(chart(world)).status_code == 403


def test_a_failing_mail_server_does_not_prevent_emergency_access(world, monkeypatch):
    def fail(*_args, **_kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("rpm_portal.accounts.views.emergency.send_mail", fail)
    admin = signed_in(world.user("admin"))
    assert break_glass(admin).status_code == 302
    assert admin.get(chart(world)).status_code == 200


def test_pages_without_emergency_access_do_not_query_it(world, django_assert_max_num_queries):
    client = signed_in(world.user("clinical_staff"))
    client.get("/")
    with django_assert_max_num_queries(40) as queries:
        client.get("/")
    assert not [query for query in queries.captured_queries if "emergencyaccess" in query["sql"]]
