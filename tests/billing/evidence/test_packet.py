"""The evidence packet: complete, in the checklist's order, missing parts shown, equal bytes for equal facts."""

import io
import json
import zipfile
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from billing.evidence import packet_pdf
from billing.evidence.gather import packets_of
from billing.evidence.packet import Packet, Part, archive, verify
from billing.evidence.packet_keys import is_ours, public_keys, sign
from billing.models import Claim, ClaimVersion
from enrollment.models import Episode, QualifyingVisit
from enrollment.services import record_fact
from monitoring.notes import void_note, write_note
from tests.billing.answers.test_post import post
from tests.billing.close.test_close import AFTER
from tests.billing.sending_world import an_835, complete, leave, sealed
from tests.builders import at
from timetracking.calls import call_log

LACKING = ["condition", "visit", "reviews", "notes"]


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
        "claim_data", "claim", "reasons", "sources", "condition", "visit", "order", "consent", "device", "education", "readings", "reviews", "notes", "calls",
        "messages", "time", "signatures", "changes",
    ]  # fmt: skip
    assert (rows["claim"], rows["order"], rows["consent"], rows["device"]) == (3, 1, 1, 1)
    assert rows["readings"] == 50
    assert (rows["calls"], rows["time"]) == (1, 2)
    assert [part.key for part in packet.missing_documents] == LACKING, (
        "nobody wrote the medical necessity, a note, or a review here"
    )
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
        "Locked" in row[4] or row[2] == "approved"
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
            void_note(note=note, reason="It is of another patient.", by=nurse, now=now)
    packet = packet_of(closed)
    (part,) = [part for part in packet.parts if part.key == "notes"]
    assert [row[2] for row in part.rows] == [
        "She takes the pill at nine.",
        "Of somebody else.\nVOIDED 2026-03-06 09:00:00: It is of another patient.",
    ]
    assert part.rows[0][1].endswith(", RN, clinical staff")
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
    assert {part.key for part in packet.missing_documents} == {*LACKING, "education"}
    body = archive([(packet, packet_pdf.write(packet))])
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        manifest = json.loads(file.read("manifest.json"))
    assert manifest["missing"] == [
        "Condition and medical necessity (Medical necessity)", "Established patient: visit and its document (Document)",
        "Education and set-up", "Data reviewed and decisions", "Progress notes",
    ]  # fmt: skip


def test_long_words_and_many_rows_stay_on_the_page():
    part = Part("log", "Log", "Data", ("A", "B"), tuple((f"{n}", "x" * 400) for n in range(80)))
    pdf = packet_pdf.write(Packet("p", "Ortega", "March", "Patel", "Prairie", (part,)))

    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") == 5


def test_many_claims_take_the_same_number_of_statements_as_one(closed, django_assert_max_num_queries):
    with django_assert_max_num_queries(50):
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


def values_of(packet, key="claim_data"):
    (part,) = [part for part in packet.parts if part.key == key]
    return dict(row[:2] for row in part.rows)


def test_the_claim_comes_first_with_its_numbers_member_id_charge_and_supervisor(closed):
    values = values_of(packet_of(closed))
    assert values["Versions"] == "not submitted"
    leave(closed, closed.close)
    post(closed, an_835(closed))
    sent = ClaimVersion.objects.get()
    (packet,) = packets_of(closed.close, [sent.claim], reference="ADR 77 of 2 May 2026")
    values = values_of(packet)

    assert packet.parts[0].key == "claim_data"
    assert values["Reference of the request"] == "ADR 77 of 2 May 2026"
    assert (values["Member ID"], values["MRN"]) == ("1EG4TE5MK73", closed.patient.mrn)
    assert (values["Billed charge"], values["Place of service"], values["Diagnoses"]) == (
        f"${sent.total}",
        "11",
        "1 I10",
    )
    assert sent.control in values["Version 1"]
    assert f"payer's number P900{sent.pk}" in values["Version 1"]
    assert closed.members["physician"].npi in values["Supervising practitioner (RPM)"]
    lines = next(part for part in packet.parts if part.key == "claim")
    assert {row[lines.columns.index("Charge")] for row in lines.rows} == {"$25.00", "$65.00", "$70.00"}
    assert {row[lines.columns.index("Diagnoses")] for row in lines.rows} == {"1 I10"}


def test_a_missing_supervisor_visit_document_or_reason_is_printed_as_not_on_file(closed):
    closed.enrollment.supervised_by = None
    closed.enrollment.save()
    closed.patient.established_by = ""
    closed.patient.save()
    packet = packet_of(closed)
    missing = {part.key: part.missing for part in packet.missing_documents}

    assert missing["claim_data"] == "Claim, patient and payer numbers (Supervising practitioner (RPM))"
    assert missing["visit"] == "Established patient: visit and its document (Document)"
    assert missing["condition"] == "Condition and medical necessity (Medical necessity)"
    condition = next(part for part in packet.parts if part.key == "condition")
    assert condition.rows[0][2] == ""
    assert condition.printed(condition.rows[0])[2] == "NOT ON FILE"


def test_one_visit_with_its_document_completes_the_item(closed):
    closed.patient.established_by = ""
    closed.patient.save()
    record_fact(
        QualifyingVisit, patient=closed.patient, visited_on=date(2026, 2, 2), kind="office", seen_by="Dr. Patel",
        source="note of 2 February", by=closed.user("biller"), now=AFTER,
    )  # fmt: skip

    assert "visit" not in {part.key for part in packet_of(closed).missing_documents}


def test_time_without_a_note_says_so_and_names_the_credential(closed):
    packet = packet_of(closed)
    time = next(part for part in packet.parts if part.key == "time")
    calls = next(part for part in packet.parts if part.key == "calls")

    assert {row[6] for row in time.rows} == {"no note written"}
    assert {row[4].split(", ", 1)[1] for row in time.rows} == {"RN, clinical staff"}
    assert calls.rows[0][3].endswith(", RN, clinical staff")


def test_orders_and_consents_are_files_of_their_own_with_their_digests(closed):
    packet = packet_of(closed)
    order, consent = closed.enrollment.orders.get(), closed.enrollment.consents.get()
    names = [document.file for document in packet.documents]
    assert names == [f"order-{order.number}.pdf", f"consent-{consent.given_on}-{consent.pk}.pdf"]
    assert all(document.body.startswith(b"%PDF") for document in packet.documents)
    body = archive([(packet, packet_pdf.write(packet))])
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        listed = json.loads(file.read("manifest.json"))["documents"]
    assert [entry["file"] for entry in listed] == [f"documents/{name}" for name in names]
    assert verify(body) == []


def rewritten(body, name, change):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.namelist():
            if (content := change(old.read(entry)) if entry == name else old.read(entry)) is not None:
                new.writestr(entry, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("manifest.json", lambda text: text.replace(b"ORTEGA", b"OTHER"), "manifest.json is not signed with this key."),
        ("manifest.sig", lambda text: b"00" + text[2:], "manifest.json is not signed with this key."),
        ("manifest.sig", lambda _: None, "manifest.json is not signed with this key."),
        ("manifest.sig", lambda _: b"\xff not hexadecimal", "manifest.json is not signed with this key."),
        ("parts/time.json", lambda text: text + b" ", "parts/time.json was changed."),
    ],
)
def test_a_signed_packet_is_checked_by_command_and_a_changed_one_is_named(closed, tmp_path, name, change, message):
    packet = packet_of(closed)
    body, path = archive([(packet, packet_pdf.write(packet))], sign=sign), tmp_path / "packet.zip"
    path.write_bytes(body)
    call_command("check_packet", path)
    call_command("check_packet", path, "--key", packet.public_key)
    with pytest.raises(CommandError, match="not signed with this key"):
        call_command("check_packet", path, "--key", "00" * 32)
    path.write_bytes(rewritten(body, name, change))

    with pytest.raises(CommandError, match=message):
        call_command("check_packet", path)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_a_file_that_is_no_packet_gets_a_sentence(tmp_path, content):
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=r"not the archive|contains no manifest"):
        call_command("check_packet", path)
    with pytest.raises(CommandError, match="No such file"):
        call_command("check_packet", tmp_path / "none.zip")


def test_the_downloaded_packet_is_signed_and_the_key_is_on_the_page(closed):
    client = Client()
    client.force_login(closed.user("biller"), backend="rpm_portal.accounts.backends.PortalBackend")
    claim = Claim.objects.get(close=closed.close)

    assert verify(client.get(f"/claims/{claim.public_id}/packet/").content, is_signed=is_ours) == []
    assert public_keys()[0] in client.get("/packets/").content.decode()


def test_every_page_says_which_of_how_many_it_is():
    part = Part("log", "Log", "Data", ("A", "B"), tuple((f"{n}", "x" * 400) for n in range(80)))
    pages = []
    canvas_string = packet_pdf.Canvas.drawRightString

    class Recorded(packet_pdf._CountedCanvas):
        """Keeps the texts at the right."""

        def drawRightString(self, x, y, text, *rest, **options):
            pages.append(text)
            return canvas_string(self, x, y, text, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packet_pdf, "_CountedCanvas", Recorded)
        packet_pdf.write(Packet("p", "Ortega", "March", "Patel", "Prairie", (part,)))

    assert [text for text in pages if "page" in text] == [f"p, page {number} of 5" for number in range(1, 6)]
