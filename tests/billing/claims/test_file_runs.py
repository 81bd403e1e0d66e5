"""Files of many claims: requested with the password, written by the worker, stored completely or not at all."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing import tasks
from billing.claims import file_runs
from billing.claims.ready_claims import claims_of
from billing.models import ClaimVersion, ClearinghouseChannel, ExportRun, Submission
from billing.seal.corrections import confirm_corrections
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import AFTER
from tests.billing.evidence.test_packet_runs import three_claims
from tests.billing.sending_world import leave
from tests.builders import PASSWORD


@pytest.fixture
def closed(db, monkeypatch):
    monkeypatch.setattr(file_runs, "MAX_CLAIMS_IN_REQUEST", 1)
    world = three_claims()
    world.close.refresh_from_db()
    return world


def chosen_of(world):
    return [ready_claim.claim.public_id for ready_claim in claims_of(world.close) if ready_claim.may_go]


def ask(world, chosen=None, shape="837p", **options):
    chosen = chosen_of(world) if chosen is None else chosen
    return file_runs.request_file(
        close=world.close, chosen=chosen, shape=shape, by=world.members["manager"], now=AFTER, **options
    )


def signed_in(world, role="manager"):
    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def post(client, **fields):
    return client.post("/months/2026-03/claims/send/", {"shape": "837p", "password": PASSWORD, **fields})


@pytest.mark.slow
def test_a_few_claims_are_sent_at_once_and_many_by_the_worker(closed):
    assert isinstance(ask(closed, chosen_of(closed)[:1]), Submission)
    run = ask(closed)
    assert isinstance(run, ExportRun)
    assert (len(run.chosen), run.done_at, str(run)) == (2, None, "2 claims as 837P")
    assert Submission.objects.count() == 1


@pytest.mark.slow
def test_the_worker_writes_a_file_once_however_often_it_is_queued(closed):
    run = ask(closed)
    tasks.write_export(run.pk)
    tasks.write_export(run.pk)
    assert file_runs.write(run.pk, now=AFTER) is False

    run.refresh_from_db()
    assert (run.submission, run.message) == (Submission.objects.get(), "")
    assert run.done_at is not None
    assert (run.submission.claims, run.submission.made_by) == (3, closed.members["manager"].user)
    assert ClaimVersion.objects.filter(submission=run.submission).count() == 3
    assert file_runs.latest(closed.close) is None
    assert run.submission.as_sent().count(b"CLM*") == 3


def test_a_lost_task_is_queued_again(closed, monkeypatch):
    run = ask(closed)
    rung = []
    monkeypatch.setattr(tasks.write_export, "delay", rung.append)
    tasks.sweep_exports()
    assert rung == [run.pk], "asked for long ago"
    tasks.sweep_exports()
    assert rung == [run.pk], "queued just now"
    assert list(file_runs.waiting(before=timezone.now() + timedelta(minutes=1))) == [run]


def test_validation_runs_once_and_without_the_months_lock(closed, monkeypatch):
    run, seen = ask(closed), []
    with CaptureQueriesContext(connection) as asked:

        def checked(text):
            seen.append([query["sql"] for query in asked if "monthclose" in query["sql"] and "FOR " in query["sql"]])
            return []

        monkeypatch.setattr("billing.claims.send.validation_errors", checked)
        file_runs.write(run.pk, now=AFTER)
    assert seen == [[]], "once, before the month was locked"
    assert Submission.objects.count() == 1


def confirm(closed):
    confirm_corrections(
        close=closed.close, reason="Corrected by the front desk", by=closed.members["biller"], now=AFTER
    )


def test_a_change_during_validation_is_not_sent_unseen(closed, monkeypatch):
    run = ask(closed)

    def checked(text):
        closed.patient.street = "9 Oak Rd"
        closed.patient.save()
        return []

    monkeypatch.setattr("billing.claims.send.validation_errors", checked)
    file_runs.write(run.pk, now=AFTER)

    run.refresh_from_db()
    assert "Changed since the month was locked: patient of 1 claim" in run.message
    assert not Submission.objects.exists()


def test_a_change_that_is_confirmed_during_validation_is_in_the_stored_file(closed, monkeypatch):
    run, texts = ask(closed), []

    def checked(text):
        texts.append(text)
        if len(texts) == 1:
            closed.patient.street = "9 Oak Rd"
            closed.patient.save()
            confirm(closed)
        return []

    monkeypatch.setattr("billing.claims.send.validation_errors", checked)
    file_runs.write(run.pk, now=AFTER)

    assert ["9 OAK RD" in text for text in texts] == [False, True]
    stored = Submission.objects.get().as_sent().decode()
    assert stored == texts[1]


def test_a_number_taken_during_validation_is_not_used_twice(closed, monkeypatch):
    chosen = chosen_of(closed)
    run, texts = ask(closed, chosen[:2]), []

    def checked(text):
        texts.append(text)
        if len(texts) == 1:
            leave(closed, closed.close, chosen=chosen[2:])
        return []

    monkeypatch.setattr("billing.claims.send.validation_errors", checked)
    file_runs.write(run.pk, now=AFTER)
    assert sorted(Submission.objects.values_list("number", "claims")) == [(1, 1), (2, 2)]
    run.refresh_from_db()
    assert run.submission.number == 2


def test_a_setup_that_is_confirmed_during_validation_is_in_the_stored_file(closed, monkeypatch):
    run, texts = ask(closed), []

    def checked(text):
        texts.append(text)
        if len(texts) == 1:
            ClearinghouseChannel.objects.filter(practice=closed.practice).update(receiver_id="OTHER01")
            confirm(closed)
        return []

    monkeypatch.setattr("billing.claims.send.validation_errors", checked)
    file_runs.write(run.pk, now=AFTER)
    assert ["OTHER01" in text for text in texts] == [False, True]
    assert b"OTHER01" in Submission.objects.get().as_sent()


def test_a_request_is_canceled_and_the_month_is_free_again(closed):
    run, client = ask(closed), signed_in(closed)
    page = client.get("/months/2026-03/claims/").content.decode()
    assert "Cancel file" in page
    assert client.post("/months/2026-03/claims/call-off/").status_code == 302
    assert file_runs.write(run.pk, now=AFTER) is False, "a bell that comes late finds nothing to do"
    assert not Submission.objects.exists()
    page = client.get("/months/2026-03/claims/").content.decode()
    assert "No file was kept of 3 claims as 837P" in page
    assert "Called off by" in page
    assert client.post("/months/2026-03/claims/call-off/").status_code == 422
    assert ask(closed).done_at is None


class Killed(BaseException):
    """What nothing catches."""


def test_a_killed_worker_leaves_nothing_and_the_next_one_writes_it(closed, monkeypatch):
    run = ask(closed)

    def dies(text):
        raise Killed

    with monkeypatch.context() as killing:
        killing.setattr("billing.claims.send.validation_errors", dies)
        with pytest.raises(Killed):
            file_runs.write(run.pk, now=AFTER)
    assert (Submission.objects.count(), ClaimVersion.objects.count()) == (0, 0)
    assert file_runs.write(run.pk, now=AFTER) is True
    assert Submission.objects.get().claims == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda text: ["Loop 2300 is missing"], "refused by the validator and not kept: Loop 2300 is missing"),
        (lambda text: 1 / 0, "could not be written (ZeroDivisionError). Nothing was kept; ask again."),
    ],
)
def test_a_refused_file_ends_with_a_sentence_and_stores_nothing(closed, monkeypatch, wrong, error):
    run = ask(closed)
    with monkeypatch.context() as broken:
        broken.setattr("billing.claims.send.validation_errors", wrong)
        file_runs.write(run.pk, now=AFTER)

    run.refresh_from_db()
    assert error in run.message
    assert run.done_at
    assert (Submission.objects.count(), ClaimVersion.objects.count()) == (0, 0)
    assert error in signed_in(closed).get("/months/2026-03/claims/").content.decode()
    file_runs.write(ask(closed).pk, now=AFTER + timedelta(minutes=1))
    assert Submission.objects.get().claims == 3, "asked for again, it leaves"


def test_two_files_of_a_month_are_not_written_at_once(closed):
    ask(closed)
    with pytest.raises(Refused, match="being written"):
        ask(closed)
    with pytest.raises(Refused, match="being written"):
        ask(closed, chosen_of(closed)[:1])


def test_a_request_is_never_rewritten(closed):
    run = ask(closed)
    file_runs.write(run.pk, now=AFTER)
    for change in ("chosen = '{}'", "done_at = now() + interval '1 day'", "submission_id = NULL"):
        with pytest.raises(DatabaseError, match=r"set once|append-only"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE billing_exportrun SET {change} WHERE id = %s", [run.pk])


@pytest.mark.slow
def test_the_page_sends_a_whole_list_of_more_than_a_page(closed, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr("billing.views.claims.PER_PAGE", 2)
    rung = []
    monkeypatch.setattr(tasks.write_export, "apply_async", lambda args, **how: rung.append(args[0]))
    client = signed_in(closed)
    page = client.get("/months/2026-03/claims/").content.decode()
    assert "choose all 3 due, $" in page
    assert not re.search(r'name="claim"[^>]*checked', page)
    assert "Create 837P: 3 claims, $" in client.get("/months/2026-03/claims/?which=all").content.decode()
    assert page.count('type="checkbox" name="claim"') == 2
    assert client.get("/months/2026-03/claims/?page=2").content.decode().count('type="checkbox" name="claim"') == 1
    assert "No claims here" in client.get("/months/2026-03/claims/?show=lacking").content.decode()

    stale = post(client, which="all", count="4")
    assert stale.status_code == 422
    assert "3 of its claims can be sent now" in stale.content.decode()
    assert not ExportRun.objects.exists()

    with django_capture_on_commit_callbacks(execute=True):
        assert post(client, which="all", count="3").status_code == 302
    run = ExportRun.objects.get()
    assert rung == [run.pk]
    page = client.get("/months/2026-03/claims/").content.decode()
    assert "3 claims as 837P are being written and checked" in page
    assert "Create 837P" not in page
    waits = client.get("/months/2026-03/claims/writing/")
    assert "HX-Refresh" not in waits
    file_runs.write(run.pk, now=AFTER)
    assert client.get("/months/2026-03/claims/writing/")["HX-Refresh"] == "true"
    assert "Submission 1" in client.get("/months/2026-03/claims/").content.decode()


def test_a_list_of_one_payer_sends_that_payers_claims(closed, monkeypatch):
    monkeypatch.setattr("billing.views.claims.PER_PAGE", 1)
    client = signed_in(closed)
    name = closed.payer.name
    page = client.get("/months/2026-03/claims/", {"payer": name, "which": "all"}).content.decode()
    assert f"All 3 due claims of {name} are chosen" in page
    assert post(client, which="all", count="0", payer="Another payer").status_code == 422
    response = post(client, which="ticked", claim=chosen_of(closed)[:1])
    assert response.status_code == 302
    assert Submission.objects.get().claims == 1


def test_no_file_is_requested_without_the_password(closed):
    client = signed_in(closed)
    assert post(client, which="all", count="3", password="wrong").status_code == 422
    assert not ExportRun.objects.exists()
