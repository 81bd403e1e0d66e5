"""The evidence packet: complete, in the checklist's order, missing parts shown, equal bytes for equal facts."""

import io
import json
import zipfile

import pytest
from django.test import Client

from billing.evidence import packet_pdf
from billing.evidence.gather import packets_of
from billing.evidence.packet import Packet, Part, archive, verify
from billing.models import Claim
from enrollment.models import Episode
from monitoring.notes import strike_note, write_note
from tests.billing.close.test_close import AFTER
from tests.billing.sending_world import complete, sealed
from tests.builders import at
from timetracking.calls import call_log


@pytest.fixture
def closed(world):
    complete(world)
    world.close = sealed(world)
    world.close.refresh_from_db()
    return world


def packet_of(world) -> Packet:
    (packet,) = packets_of(world.close, list(Claim.objects.filter(close=world.close)))
    return packet


def test_every_part_of_the_checklist_is_there_with_its_rows(closed):
    packet = packet_of(closed)
    rows = {part.key: len(part.rows) for part in packet.parts}

    assert list(rows) == [
        "claim", "reasons", "sources", "condition", "order", "consent", "device", "education", "readings", "reviews", "notes", "calls",
        "time", "signatures", "changes",
    ]  # fmt: skip
    assert (rows["claim"], rows["order"], rows["consent"], rows["device"]) == (3, 1, 1, 1)
    assert rows["readings"] == 50
    assert (rows["calls"], rows["time"]) == (1, 2)
    assert [part.key for part in packet.missing_documents] == ["reviews"], "nobody marked readings as reviewed here"
    (log,) = [part for part in packet.parts if part.key == "readings"]
    assert log.rows[0] == (
        "2026-02-10",
        "2026-02-10 07:00:00",
        log.rows[0][2],
        "128/79 mmHg",
        closed.serial,
        "sent by the device",
    )
    assert any(
        "Sealed" in row[4] or row[2] == "approved"
        for part in packet.parts
        if part.key == "changes"
        for row in part.rows
    )


def test_the_same_facts_give_the_same_bytes_and_one_more_word_others(closed):
    first = packet_of(closed)
    assert packet_pdf.write(first) == packet_pdf.write(packet_of(closed))
    assert archive([(first, packet_pdf.write(first))]) == archive([(first, packet_pdf.write(first))])
    call_log.add_to_call(
        call=closed.enrollment.calls.get(), text="The pharmacy agreed.", by=closed.members["physician"], now=AFTER
    )
    second = packet_of(closed)
    changed = [part.key for part, other in zip(first.parts, second.parts, strict=True) if part.sha256 != other.sha256]

    assert changed == ["calls"]


def test_the_packet_contains_the_months_notes_with_the_struck_ones(closed):
    nurse, first = closed.members["clinical_staff"], packet_of(closed)
    for text, now in (
        ("Of the month before.", at("2026-01-31")), ("She takes the pill at nine.", at("2026-03-05")),
        ("Of somebody else.", at("2026-03-06")), ("Written a month later.", at("2026-05-01")),
    ):  # fmt: skip
        note = write_note(enrollment=closed.enrollment, text=text, by=nurse, now=now)
        if text == "Of somebody else.":
            strike_note(note=note, reason="It is of another patient.", by=nurse, now=now)
    packet = packet_of(closed)
    (part,) = [part for part in packet.parts if part.key == "notes"]
    assert [row[2] for row in part.rows] == [
        "She takes the pill at nine.",
        "Of somebody else.\nSTRUCK THROUGH 2026-03-06 09:00:00: It is of another patient.",
    ]
    assert part.rows[0][1].endswith(", Clinical staff")
    changed = [part.key for part, other in zip(first.parts, packet.parts, strict=True) if part.sha256 != other.sha256]
    assert changed == ["notes"]


def test_a_packet_verifies_and_a_changed_one_does_not(closed):
    packet = packet_of(closed)
    body = archive([(packet, packet_pdf.write(packet))])
    assert verify(body) == []
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if name == "parts/consent.json":
                continue
            content = old.read(name)
            new.writestr(
                name,
                content.replace(b"700", b"900")
                if name == "parts/time.json"
                else content + b" " * (name == "parts/claim.json"),
            )

    assert verify(out.getvalue()) == ["parts/claim.json was changed.", "parts/consent.json is missing."]


def test_missing_evidence_is_printed_as_missing(closed):
    Episode.objects.update(educated_on=None)
    packet = packet_of(closed)
    assert {part.key for part in packet.missing_documents} == {"reviews", "education"}
    body = archive([(packet, packet_pdf.write(packet))])
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        manifest = json.loads(file.read("manifest.json"))
    assert manifest["missing"] == ["Education and set-up", "Data reviewed and decisions"]


def test_long_words_and_many_rows_stay_on_the_page():
    part = Part("log", "Log", "Data", ("A", "B"), tuple((f"{n}", "x" * 400) for n in range(80)))
    pdf = packet_pdf.write(Packet("p", "Ortega", "March", "Patel", "Prairie", (part,)))

    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") == 5


def test_many_claims_take_the_same_number_of_statements_as_one(closed, django_assert_max_num_queries):
    with django_assert_max_num_queries(22):
        packet_of(closed)


def test_the_packet_is_downloaded_audited_and_nobody_elses(closed):
    client = Client()
    client.force_login(closed.user("auditor"), backend="rpm_portal.accounts.backends.PortalBackend")
    claim = Claim.objects.get(close=closed.close)
    file = client.get(f"/claims/{claim.public_id}/packet/")

    assert file["Content-Type"] == "application/zip"
    assert verify(file.content) == []
    from rpm_portal.audit.models import Event

    assert Event.objects.get(action="read_packet").subject == f"claim:{claim.public_id}"
    page = client.get(f"/lines/{claim.lines.first().public_id}/").content.decode()
    assert "PASS" in page
    assert "Copy as text" in page
