"""Packets of many claims: by month or by number, in the background, each once, as one archive that verifies."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.test import Client

from billing import tasks
from billing.evidence import packet_runs
from billing.evidence.packet import verify
from billing.models import Claim, ClaimVersion, PacketItem, PacketRun
from tests.billing.close.test_close import AFTER
from tests.billing.sending_world import complete, leave, live_at, sealed
from tests.builders import a_patient, a_world, an_enrollment, days
from tests.conftest import wait_for
from tests.snapshot import Snapshot
from tests.test_access import signed_in


def _with_three_claims(world):
    """Add a sealed month of three patients."""
    complete(world)
    for number in (1, 2):
        patient = a_patient(world.practice, world.user("clinical_staff"), mrn=f"M{number}", family=f"Reed{number}")
        live_at(patient)
        row = an_enrollment(world, patient, serial=f"cuff-{number}-{world.practice.pk}")
        world.read(days("2026-02-20", "2026-03-31"), serial=f"cuff-{number}-{world.practice.pk}")
        assert row
    world.close = sealed(world)
    return world


three_claims = Snapshot(lambda: _with_three_claims(a_world()))


@pytest.fixture
def closed(db):
    return three_claims()


def ask(world, claims=None, **options):
    return packet_runs.ask_for(
        claims=packet_runs.claims_of_month(world.close) if claims is None else claims,
        title=options.pop("title", "ADR of April"),
        letter=options.pop("letter", "Dear reviewer,\nhere is what you asked for."),
        by=world.members["biller"],
        now=AFTER,
    )


def make(run, most=50):
    for _ in range(most):
        if not packet_runs.make_next_batch(run.pk, now=AFTER):
            return
    raise AssertionError("packets are made without end")


@pytest.mark.slow
def test_a_months_packets_are_made_once_each_and_read_as_one_archive(closed):
    run = ask(closed)
    assert packet_runs.state_of(run).done == 0
    make(run)
    first = b"".join(packet_runs.read(run, zone="America/Chicago"))
    again = ask(closed)
    make(again)

    assert packet_runs.state_of(run) == packet_runs.PacketRunState(3, 3, 0, 3)
    assert verify(first) == []
    assert b"".join(packet_runs.read(again, zone="America/Chicago")) == first, "the same facts, the same bytes"
    with zipfile.ZipFile(io.BytesIO(first)) as file:
        names = file.namelist()
        assert names[:2] == ["letter.pdf", "index.json"]
        index = json.loads(file.read("index.json"))
        assert sum(name.endswith("manifest.json") for name in names) == 3
    items = PacketItem.objects.filter(run=run)
    assert [entry["sha256"] for entry in index] == list(items.values_list("sha256", flat=True))


@pytest.mark.slow
def test_an_archive_that_was_changed_does_not_verify(closed):
    run = ask(closed, packet_runs.claims_of_month(closed.close)[:1])
    make(run)
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(b"".join(packet_runs.read(run, zone="UTC")))) as old,
        zipfile.ZipFile(out, "w") as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"128/79", b"119/79"))

    assert [difference for difference in verify(out.getvalue()) if "readings.json was changed" in difference]


def test_one_packet_that_fails_is_named_and_the_others_are_made(closed, monkeypatch):
    run = ask(closed)
    bad = run.items.get(number=2).claim_id
    packets_of = packet_runs.packets_of

    def fails(close, claims, **options):
        if any(claim.pk == bad for claim in claims):
            raise ValueError("ORTEGA")
        return packets_of(close, claims, **options)

    monkeypatch.setattr(packet_runs, "packets_of", fails)
    make(run)

    assert packet_runs.state_of(run) == packet_runs.PacketRunState(3, 3, 1, 2)
    assert list(run.items.exclude(error="").values_list("number", "error")) == [(2, "ValueError")]


def test_claims_are_found_by_every_number_they_have(closed):
    leave(closed, closed.close)
    sent = ClaimVersion.objects.filter(practice=closed.practice).select_related("claim").first()
    line = sent.claim.lines.first()
    numbers = packet_runs.numbers_in(f"{sent.control}, {sent.claim.public_id};{line.public_id}\nUNKNOWN77")

    claims, unknown = packet_runs.claims_named(closed.practice, numbers)
    assert (claims, unknown) == ([sent.claim], ["UNKNOWN77"])
    claims, unknown = packet_runs.claims_named(closed.other.practice, numbers)
    assert (claims, unknown) == ([], numbers)


def test_packets_are_deleted_after_thirty_days_and_made_again_on_demand(closed):
    run = ask(closed)
    make(run)
    assert packet_runs.delete_expired_bodies(now=AFTER + timedelta(days=29)) == 0
    assert packet_runs.delete_expired_bodies(now=AFTER + timedelta(days=31)) == 1

    assert not run.items.exclude(body__isnull=True).exists()
    assert signed_in(closed.user("biller")).get(f"/packets/{run.public_id}/file/").status_code == 404
    assert "packets were deleted" in signed_in(closed.user("biller")).get(f"/packets/{run.public_id}/").content.decode()


def test_the_page_shows_missing_evidence_first_and_the_worker_makes_the_packets(closed, monkeypatch):
    rung = []
    monkeypatch.setattr(tasks, "ring_packets", rung.append)
    client = signed_in(closed.user("biller"))
    page = client.post("/packets/", {"month": "2026-03", "act": "look"})
    assert page.status_code == 200
    body = page.content.decode()
    assert "3 claims" in body
    assert "Data reviewed and decisions" in body
    assert not PacketRun.objects.exists()
    wrong = client.post("/packets/", {"numbers": "NOTOURS1", "act": "make"})
    assert wrong.status_code == 422
    assert "NOTOURS1" in wrong.content.decode()
    assert client.post("/packets/", {"month": "1999-01", "act": "make"}).status_code == 422

    answer = client.post("/packets/", {"month": "2026-03", "act": "make", "title": "For the reviewer", "letter": "x"})
    run = PacketRun.objects.get()
    assert answer["Location"] == f"/packets/{run.public_id}/"
    assert rung == [run.pk]
    assert "0 of 3 packets made" in client.get(answer["Location"]).content.decode()
    assert client.get(f"{answer['Location']}file/").status_code == 404, "not before all are made"
    make(run)
    assert client.get(f"{answer['Location']}progress/")["HX-Refresh"] == "true"
    file = client.get(f"{answer['Location']}file/")
    assert verify(b"".join(file.streaming_content)) == []


def test_an_auditor_reads_packets_and_makes_none_and_strangers_see_none(closed):
    run = ask(closed)
    make(run)
    auditor = signed_in(closed.user("auditor"))
    assert auditor.get("/packets/").status_code == 200
    assert auditor.post("/packets/", {"month": "2026-03", "act": "make"}).status_code == 403
    assert b"".join(auditor.get(f"/packets/{run.public_id}/file/").streaming_content)
    stranger = signed_in(closed.other.user("manager"))
    for place in ("", "progress/", "file/"):
        assert stranger.get(f"/packets/{run.public_id}/{place}").status_code == 404
    assert stranger.post("/packets/", {"month": "2026-03", "act": "make"}).status_code == 422
    assert Client().get("/packets/").status_code == 302


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_loses_no_packet_and_makes_none_twice(live_world, worker):
    close = _with_three_claims(live_world).close
    run = packet_runs.ask_for(
        claims=packet_runs.claims_of_month(close), title="", letter="", by=live_world.members["biller"], now=AFTER
    )
    worker.start()
    tasks.ring_packets(run.pk)
    worker.kill()
    worker.start()
    tasks.sweep_packets()

    wait_for(lambda: packet_runs.state_of(run).finished)
    assert packet_runs.state_of(run).failed == 0
    assert PacketItem.objects.filter(run=run).count() == Claim.objects.filter(close=close).count() == 3
