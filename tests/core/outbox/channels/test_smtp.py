"""E-mail through a practice's mail server: what each answer means for the row."""

import smtplib
from types import SimpleNamespace

import pytest

from rpm_portal.core.outbox.channels import smtp
from rpm_portal.core.outbox.channels.port import OutgoingMessage
from rpm_portal.core.outbox.models import OutboxRow
from tests.carrier.accounts import an_account
from tests.clock import TEST_DAY

ROW = OutboxRow(public_id="row234567892", tries=1, why="cut")


class Server:
    """A connection of Django's mail that answers as the test says."""

    def __init__(self, *, on_open=None, on_send=None):
        self.on_open, self.on_send, self.sent, self.options = on_open, on_send, [], {}

    def open(self):
        if self.on_open:
            raise self.on_open
        return True

    def send_messages(self, mails):
        if self.on_send:
            raise self.on_send
        self.sent += [mail.message().as_string() for mail in mails]
        return len(mails)


def send(world, monkeypatch, server, to="a@example.com", subject="Message from Lakeside Clinic", **more):
    def connect(backend, **options):
        server.options = options
        return server

    monkeypatch.setattr(smtp, "get_connection", connect)
    account = an_account(
        world, kind="mail", provider="smtp", host="mail.example.com", sender="care@example.com", **more
    )
    return smtp.send(account, ROW, OutgoingMessage(to, "You have a message.", subject), now=TEST_DAY)


def test_a_mail_has_the_rows_message_id_and_no_patient_data(world, monkeypatch, settings):
    settings.PUBLIC_URL = "https://portal.example.com:8443"
    server = Server()

    outcome = send(world, monkeypatch, server)

    assert (outcome.state, outcome.provider_id) == ("delivered", "<row234567892@portal.example.com>")
    (mail,) = server.sent
    assert "Message-ID: <row234567892@portal.example.com>" in mail
    for word in (world.patient.family_name, world.patient.given_name, world.patient.mrn, "RPM"):
        assert word not in mail


@pytest.mark.parametrize(("port", "tls", "ssl"), [(587, True, False), (25, True, False), (465, False, True)])
def test_every_connection_is_encrypted(world, monkeypatch, port, tls, ssl):
    server = Server()

    send(world, monkeypatch, server, port=port)

    assert (server.options["use_tls"], server.options["use_ssl"]) == (tls, ssl)
    assert server.options["timeout"] >= 10


@pytest.mark.parametrize(
    ("fault", "state", "code"),
    [
        ({"on_open": ConnectionRefusedError()}, "ready", ""), ({"on_open": smtplib.SMTPServerDisconnected("x")}, "ready", ""),
        ({"on_open": smtplib.SMTPAuthenticationError(535, b"a@example.com")}, "ready", ""),
        ({"on_send": smtplib.SMTPRecipientsRefused({"a@example.com": (550, b"no such user a@example.com")})}, "refused", "550"),
        ({"on_send": smtplib.SMTPRecipientsRefused({"a@example.com": (451, b"later")})}, "ready", ""),
        ({"on_send": smtplib.SMTPDataError(554, b"spam")}, "refused", "554"),
        ({"on_send": smtplib.SMTPDataError(452, b"full")}, "ready", ""),
        ({"on_send": smtplib.SMTPServerDisconnected("cut")}, "unsure", ""), ({"on_send": TimeoutError()}, "unsure", ""),
    ],
)  # fmt: skip
def test_each_answer_of_the_server_has_its_state_and_no_address_is_kept(world, monkeypatch, fault, state, code):
    outcome = send(world, monkeypatch, Server(**fault))

    assert (outcome.state, outcome.code) == (state, code)
    assert "example.com" not in outcome.why


def test_a_line_break_in_the_subject_is_refused(world, monkeypatch):
    account = an_account(world, kind="mail", provider="smtp", host="mail.example.com", sender="care@example.com")
    connection = SimpleNamespace(open=lambda: True, send_messages=lambda mails: [mail.message() for mail in mails])
    monkeypatch.setattr(smtp, "get_connection", lambda *args, **more: connection)

    outcome = smtp.send(account, ROW, OutgoingMessage("a@example.com", "x", "a\nBcc: b@example.com"), now=TEST_DAY)

    assert outcome.state == "refused"


def test_a_mail_that_may_have_arrived_is_sent_at_most_twice(world):
    account = an_account(world, kind="mail", provider="smtp")

    assert smtp.settle(account, OutboxRow(tries=1), "a@example.com", now=TEST_DAY).state == "ready"
    assert smtp.settle(account, OutboxRow(tries=2, why="cut"), "a@example.com", now=TEST_DAY).state == "unsure"
