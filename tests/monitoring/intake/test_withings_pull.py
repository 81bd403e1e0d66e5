"""Fetching from Withings: tokens are refreshed and encrypted, answers come in pages, and an unlinked account is left."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from enrollment import services as enrollment
from monitoring.ingest import PullNotice
from monitoring.intake import replay, withings_pull
from monitoring.intake.vendor_accounts import link_account
from monitoring.intake.withings_pull import MAX_PAGES, PullError, pages, puller
from monitoring.models import Delivery, Reading, VendorAccount
from monitoring.services import open_source, renew_key
from rpm_portal.audit.models import Event
from tests.builders import at

pytestmark = pytest.mark.django_db
NOON = at("2026-06-02", "12:00:00")
NOTICE = PullNotice("12345", NOON - timedelta(minutes=5), NOON)
FORM = {"content_type": "application/x-www-form-urlencoded"}


@pytest.fixture
def source(world, settings):
    settings.WITHINGS_CLIENT_ID, settings.WITHINGS_CLIENT_SECRET = "app", "app-secret"
    nurse = world.user("clinical_staff")
    device = enrollment.add_device(model=world.cuff, serial="W-1", by=nurse)
    enrollment.assign_device(
        device=device, enrollment=world.enrollment, starts_at=at("2026-03-01", "00:00:00"), by=nurse
    )
    row, key = open_source(practice=world.practice, name="W", shape="withings", now=NOON)
    row.key = key
    return row


def link(source, *, expires_in=timedelta(hours=3)):
    return link_account(
        source=source, account="12345", access_token="access-1", refresh_token="refresh-1",
        expires_at=NOON + expires_in, now=NOON - timedelta(days=30),
    )  # fmt: skip


def weights(*kilograms, more=0, offset=0):
    groups = [
        {
            "grpid": kilogram,
            "attrib": 0,
            "date": int(NOON.timestamp()) - kilogram,
            "category": 1,
            "deviceid": "W-1",
            "measures": [{"type": 1, "value": kilogram, "unit": 0}],
        }
        for kilogram in kilograms
    ]
    return {"status": 0, "body": {"measuregrps": groups, "more": more, "offset": offset}}


TOKENS = {
    "status": 0,
    "body": {"userid": 12345, "access_token": "access-2", "refresh_token": "refresh-2", "expires_in": 10800},
}


class Vendor:
    """A test double of Withings: it gives the answers in order, and notes what it was sent."""

    def __init__(self, *answers):
        self.answers, self.sent = list(answers), []

    def __call__(self, path, fields, token):
        self.sent.append((path, fields, token))
        answer = self.answers.pop(0)
        return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


def test_every_page_of_an_announcement_is_stored_once(source):
    link(source)
    Client().post(
        f"/api/withings/{source.key}/", "userid=12345&appli=1&startdate=1780405200&enddate=1780405260", **FORM
    )
    delivery = Delivery.objects.get()
    vendor = Vendor(weights(70, 71, more=1, offset=2), weights(72, more=1, offset=3), weights())

    replay.fetch(delivery.pk, replay.announced(delivery.pk), pull=puller(now=NOON, send=vendor), now=NOON)

    assert sorted(Reading.objects.values_list("value", flat=True)) == [70, 71, 72]
    delivery.refresh_from_db()
    assert (delivery.state, delivery.outcome["new"]) == ("done", 3)
    assert [fields.get("offset") for _, fields, _ in vendor.sent] == [None, 2, 3]
    assert {token for *_, token in vendor.sent} == {"access-1"}


@pytest.mark.parametrize(
    ("expires_in", "refreshed"),
    [(timedelta(minutes=5), True), (timedelta(minutes=5, seconds=1), False)],
    ids=["expires in five minutes", "expires a second later"],
)
def test_a_token_is_refreshed_before_it_expires(source, expires_in, refreshed):
    row = link(source, expires_in=expires_in)
    vendor = Vendor(*([TOKENS] if refreshed else []), weights(70))

    assert len(list(pages(source, NOTICE, now=NOON, send=vendor))) == 1

    row.refresh_from_db()
    assert (row.access_token, row.refresh_token) == (
        ("access-2", "refresh-2") if refreshed else ("access-1", "refresh-1")
    )
    assert vendor.sent[-1][2] == row.access_token
    if refreshed:
        assert (vendor.sent[0][1]["refresh_token"], row.expires_at) == ("refresh-1", NOON + timedelta(hours=3))


def test_a_rejected_token_is_refreshed_once(source):
    link(source)
    vendor = Vendor({"status": 401}, TOKENS, weights(70))
    assert len(list(pages(source, NOTICE, now=NOON, send=vendor))) == 1
    assert [token for *_, token in vendor.sent] == ["access-1", "", "access-2"]

    with pytest.raises(PullError, match="status 401"):
        list(pages(source, NOTICE, now=NOON, send=Vendor({"status": 401}, TOKENS, {"status": 401})))


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([{"status": 601}], "status 601"),
        ([b"<html>"], "not JSON"),
        ([[]], "not an object"),
        ([weights(70, more=1, offset=7)] * 2, "same one"),
        ([weights(70, more=1, offset=n) for n in range(1, MAX_PAGES + 1)], f"more than {MAX_PAGES} pages"),
    ],
)
def test_an_answer_without_data_is_an_error_with_its_reason(source, answers, message):
    link(source)

    with pytest.raises(PullError, match=message):
        list(pages(source, NOTICE, now=NOON, send=Vendor(*answers)))


@pytest.mark.parametrize("tokens", [{"status": 100}, {"status": 0, "body": {}}, {"status": 0}])
def test_a_failed_refresh_leaves_the_stored_tokens(source, tokens):
    row = link(source, expires_in=timedelta(0))

    with pytest.raises(PullError, match="token"):
        list(pages(source, NOTICE, now=NOON, send=Vendor(tokens)))

    row.refresh_from_db()
    assert row.refresh_token == "refresh-1"


def test_a_failed_fetch_is_tried_again_with_the_reason_and_without_a_token(source):
    link(source)
    Client().post(
        f"/api/withings/{source.key}/", "userid=12345&appli=1&startdate=1780405200&enddate=1780405260", **FORM
    )
    delivery = Delivery.objects.get()
    notice = replay.announced(delivery.pk)

    replay.fetch(delivery.pk, notice, pull=puller(now=NOON, send=Vendor({"status": 601})), now=NOON)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == ("waiting", 1)
    assert delivery.message == "Withings answered with status 601."


def test_the_tokens_are_encrypted_and_deleted_when_the_account_is_unlinked(source):
    row = link(source)
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token, refresh_token FROM monitoring_vendoraccount")
        assert all(column.startswith("s1:") for column in cursor.fetchone())

    answer = Client().post(f"/api/withings/{source.key}/", "userid=12345&appli=46&action=unlink", **FORM)

    assert (answer.status_code, answer.json()["heard"]) == (200, 1)
    row.refresh_from_db()
    assert (row.access_token, row.refresh_token) == ("", "")
    assert row.unlinked_at is not None
    actions = Event.objects.filter(subject=f"source:{source.public_id}").values_list("action", "actor")
    assert set(actions) == {("link_account", None), ("unlink_account", None)}
    with pytest.raises(PullError, match="not linked"):
        list(pages(source, NOTICE, now=NOON, send=Vendor()))


def test_an_account_of_another_source_is_not_unlinked(source, world):
    row = link(source)
    _, other_key = open_source(practice=world.practice, name="W2", shape="withings", now=NOON)

    Client().post(f"/api/withings/{other_key}/", "userid=12345&appli=46&action=unlink", **FORM)

    row.refresh_from_db()
    assert row.unlinked_at is None


def test_an_account_stays_linked_when_the_key_of_its_source_is_replaced(source, world):
    link(source)
    renewed, _ = renew_key(source=source, by=world.user("manager"), now=NOON)

    assert len(list(pages(renewed, NOTICE, now=NOON, send=Vendor(weights(70))))) == 1


def test_without_an_app_nothing_is_fetched(source, settings):
    settings.WITHINGS_CLIENT_ID = ""

    assert puller(now=NOON) is None


def test_the_command_links_and_subscribes_an_account(source, monkeypatch):
    vendor = Vendor(TOKENS, {"status": 0}, {"status": 0}, {"status": 0})
    monkeypatch.setattr(withings_pull.link, "__kwdefaults__", withings_pull.link.__kwdefaults__ | {"send": vendor})
    monkeypatch.setattr("sys.stdin", io.StringIO("code-1\n"))
    out = io.StringIO()

    call_command(
        "link_withings", source.public_id, redirect_uri="https://app.example/", callback="https://rpm.example/x/",
        stdout=out,
    )  # fmt: skip

    assert out.getvalue() == "Linked the account 12345.\n"
    assert VendorAccount.objects.get().refresh_token == "refresh-2"
    assert vendor.sent[0][1]["code"] == "code-1"
    assert [fields["appli"] for path, fields, _ in vendor.sent if path == "/notify"] == ["1", "2", "4"]


@pytest.mark.parametrize(
    ("change", "typed", "message"),
    [
        ({"WITHINGS_CLIENT_ID": ""}, "code-1\n", "PORTAL_WITHINGS_CLIENT_ID"),
        ({}, "\n", "standard input"),
        ({"public_id": "unknown"}, "code-1\n", "no Withings source"),
    ],
)
def test_the_command_says_what_is_missing(source, settings, monkeypatch, change, typed, message):
    settings.WITHINGS_CLIENT_ID = change.get("WITHINGS_CLIENT_ID", "app")
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))

    with pytest.raises(CommandError, match=message):
        call_command("link_withings", change.get("public_id", source.public_id), redirect_uri="https://app.example/")


def test_the_callback_is_probed_with_head(source):
    assert Client().head(f"/api/withings/{source.key}/").status_code == 200
    assert Client().head("/api/withings/wrong/").status_code == 401
    assert Client().get(f"/api/withings/{source.key}/").status_code == 405
