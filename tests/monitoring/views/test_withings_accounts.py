"""Linking a Withings account in the browser, against a real HTTP server that plays Withings."""

import json
import threading
import urllib.parse
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from monitoring.intake import withings_pull
from monitoring.intake.withings_link import CONSENT_PAGE
from monitoring.models import VendorAccount
from monitoring.services import open_source
from rpm_portal.audit.models import Event

pytestmark = pytest.mark.django_db
BACKEND = "rpm_portal.accounts.backends.PortalBackend"
TOKENS = {"userid": 363, "access_token": "access-secret", "refresh_token": "refresh-secret", "expires_in": 10800}


class Provider(BaseHTTPRequestHandler):
    """Withings as it answers: HTTP 200, and the status in the body. One code is valid, once."""

    def do_POST(self):
        fields = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.server.sent.append((self.path, fields, self.headers.get("Authorization", "")))
        status, body = 0, {}
        if self.path == "/v2/oauth2":
            status = 0 if fields.get("code") in self.server.codes else 503
            self.server.codes.discard(fields.get("code"))
            body = TOKENS if status == 0 else {}
        elif self.path == "/notify":
            status = self.server.notify_status
        answer = json.dumps({"status": status, "body": body}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        """Write nothing."""


@pytest.fixture
def provider(monkeypatch, settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.sent, server.codes, server.notify_status = [], {"good-code"}, 0
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setattr(withings_pull, "API", f"http://127.0.0.1:{server.server_port}")
    settings.WITHINGS_CLIENT_ID, settings.WITHINGS_CLIENT_SECRET = "app", "app-secret"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def source(world):
    row, key = open_source(practice=world.practice, name="W", shape="withings", now=timezone.now())
    row.key = key
    return row


@pytest.fixture
def client(world):
    client = Client()
    client.force_login(world.user("manager"), backend=BACKEND)
    return client


def start(client, source, key=""):
    """Press the button; returns the query of the consent page's address."""
    page = client.post(reverse("monitoring:link_withings", args=[source.public_id]), {"key": key})
    address = page.context["consent_page"]
    assert address.startswith(f"{CONSENT_PAGE}?")
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))


def come_back(client, **query):
    return client.get(reverse("monitoring:withings_return"), query)


def accounts(client, source):
    return client.get(reverse("monitoring:withings_accounts", args=[source.public_id])).content.decode()


def test_an_account_is_linked_subscribed_and_unlinked(client, source, provider):
    asked = start(client, source, key=source.key)
    assert asked["client_id"] == "app"
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == "http://testserver" + reverse("monitoring:withings_return")

    assert come_back(client, code="good-code", state=asked["state"]).status_code == 302
    row = VendorAccount.objects.get()
    assert (row.account, row.access_token, row.refresh_token) == ("363", "access-secret", "refresh-secret")
    exchange, *subscriptions = provider.sent
    assert exchange[0] == "/v2/oauth2"
    assert exchange[1]["redirect_uri"] == asked["redirect_uri"]
    assert [sent[1]["appli"] for sent in subscriptions] == ["1", "2", "4"]
    assert {sent[1]["callbackurl"] for sent in subscriptions} == {f"http://testserver/api/withings/{source.key}/"}
    assert {sent[2] for sent in subscriptions} == {"Bearer access-secret"}
    assert "363" in accounts(client, source)

    path = reverse("monitoring:unlink_withings", args=[source.public_id])
    assert client.post(path, {"account": "363"}).status_code == 302
    row.refresh_from_db()
    assert (row.access_token, row.refresh_token, row.unlinked_at is not None) == ("", "", True)
    assert client.post(path, {"account": "363"}).status_code == 422
    events = Event.objects.filter(action__in=("link_account", "unlink_account"))
    assert sorted((event.action, event.actor_id is not None) for event in events) == [
        ("link_account", True),
        ("unlink_account", True),
    ]


def test_neither_tokens_nor_the_key_are_readable_in_the_database(client, source, provider):
    asked = start(client, source, key=source.key)
    assert source.key not in json.dumps(client.session["withings_link"])
    come_back(client, code="good-code", state=asked["state"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token || refresh_token FROM monitoring_vendoraccount")
        stored = cursor.fetchall()[0][0]

    assert "secret" not in stored
    assert "withings_link" not in client.session


def test_without_the_key_the_account_is_linked_and_not_subscribed(client, source, provider):
    asked = start(client, source)
    come_back(client, code="good-code", state=asked["state"])

    assert [path for path, _, _ in provider.sent] == ["/v2/oauth2"]


@pytest.mark.slow
@pytest.mark.parametrize("state", ["", "another", "ä"])
def test_a_return_with_another_state_links_nothing_and_keeps_the_link_open(client, source, provider, state):
    asked = start(client, source)

    assert come_back(client, code="good-code", state=state).status_code == 422
    assert provider.sent == []
    assert come_back(client, code="good-code", state=asked["state"]).status_code == 302


def test_a_return_is_used_once_and_only_in_the_session_that_started_it(client, world, source, provider):
    asked = start(client, source)
    stranger = Client()
    stranger.force_login(world.user("admin"), backend=BACKEND)
    assert come_back(stranger, code="good-code", state=asked["state"]).status_code == 422
    assert come_back(client, code="good-code", state=asked["state"]).status_code == 302
    assert come_back(client, code="good-code", state=asked["state"]).status_code == 422

    assert VendorAccount.objects.count() == 1


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "status"), [(599, 302), (601, 422)])
def test_a_link_is_open_for_ten_minutes(client, source, provider, monkeypatch, seconds, status):
    asked, now = start(client, source), timezone.now()
    monkeypatch.setattr("monitoring.views.withings_accounts.timezone.now", lambda: now + timedelta(seconds=seconds))

    assert come_back(client, code="good-code", state=asked["state"]).status_code == status


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "words"), [({"error": "access_denied"}, "did not agree"), ({"code": "wrong"}, "gave no token")]
)
def test_a_refusal_of_withings_is_explained(client, source, provider, query, words):
    asked = start(client, source)
    answer = come_back(client, state=asked["state"], **query)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert VendorAccount.objects.count() == 0


def test_a_refused_subscription_says_that_the_account_is_linked(client, source, provider):
    provider.notify_status = 293
    asked = start(client, source, key=source.key)
    answer = come_back(client, code="good-code", state=asked["state"])

    assert answer.status_code == 422
    assert "The account is linked, but Withings refused the subscription" in answer.content.decode()
    assert VendorAccount.objects.count() == 1


def test_another_key_and_a_missing_app_are_refused_with_what_to_do(client, source, provider, settings):
    path = reverse("monitoring:link_withings", args=[source.public_id])
    assert "not the key of this source" in client.post(path, {"key": "x" * 43}).content.decode()
    settings.WITHINGS_CLIENT_ID = ""
    answer = client.post(path)
    assert answer.status_code == 422
    assert "PORTAL_WITHINGS_CLIENT_ID" in answer.content.decode()


def test_a_server_that_does_not_answer_is_explained(client, source, provider):
    asked = start(client, source)
    withings_pull.API, closed = "http://127.0.0.1:9", withings_pull.API
    try:
        answer = come_back(client, code="good-code", state=asked["state"])
    finally:
        withings_pull.API = closed

    assert answer.status_code == 422
    assert "could not be asked" in answer.content.decode()
