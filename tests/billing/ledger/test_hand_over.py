"""The hand-over to a practice-management system: each entry once, the remittances unchanged, confirmed with proof."""

import csv
import io
import zipfile
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction

from billing.ledger import hand_over
from billing.models import AnswerFile, EntryKind, HandedEntry, HandOver, LedgerEntry
from enrollment.models import Patient
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.billing.answers.answers_world import NOW, answers_world, post_body, version
from tests.billing.ledger.test_underpayments import pay
from tests.billing.ledger.test_write_offs import ask
from tests.billing.ledger.writer_835 import WrittenClaim, WrittenLine, write_835
from tests.test_access import signed_in


@pytest.fixture
def world(db):
    world = answers_world()
    pay(world, 1, [("CO", "45", "19.73"), ("PR", "2", "9.05")], [("CO", "50", "70.00")])
    return world


def make(world, system="Tebra"):
    return hand_over.make_hand_over(system=system, by=world.members["biller"], now=NOW)


def table(row, name):
    with zipfile.ZipFile(io.BytesIO(row.body)) as file:
        return list(csv.DictReader(io.StringIO(file.read(name).decode())))


def test_charges_and_postings_add_up_to_the_ledger_and_the_remittance_is_unchanged(world):
    Patient.objects.filter(pk=version(world, 1).claim.patient_id).update(family_name="=Ashby")
    row = make(world)
    charges, postings = table(row, "charges.csv"), table(row, "postings.csv")
    assert (row.charges, row.charges_total) == (len(charges), sum(Decimal(one["amount"]) for one in charges))
    assert row.charges_total == Decimal("1280.00")
    by_kind = {one["kind"]: one for one in postings if one["code"] == "99454"}
    assert (by_kind["payment"]["amount"], by_kind["payment"]["check"]) == ("36.22", "EFT9001")
    assert by_kind["contractual"]["reason"] == "45"
    assert row.postings_total == Decimal("36.22")
    assert "'=ASHBY, Nora" in {one["patient"] for one in charges}
    with zipfile.ZipFile(io.BytesIO(row.body)) as file:
        (name,) = [name for name in file.namelist() if name.endswith(".835")]
        assert file.read(name) == bytes(AnswerFile.objects.get().body)
    ids = {int(one["entry_id"]) for one in (*charges, *postings)}
    assert ids == set(LedgerEntry.objects.for_practice(world.practice).values_list("pk", flat=True))


def test_only_what_is_new_is_handed_to_a_system_and_all_of_it_to_another(world):
    make(world)
    with pytest.raises(Refused, match="Nothing is new for Tebra"):
        make(world)
    ask(world, "10.00", letter="B")
    second = make(world)
    assert (second.number, second.charges, second.postings, second.remittances) == (2, 0, 1, 0)
    assert table(second, "postings.csv")[0]["kind"] == "write_off"
    other = make(world, "  Kareo \x00 ")
    assert (other.system, other.number, other.charges, other.remittances) == ("Kareo", 1, 19, 1)
    assert HandedEntry.objects.filter(system="Tebra").count() == LedgerEntry.objects.count()
    with pytest.raises(IntegrityError), transaction.atomic():
        one = HandedEntry.objects.first()
        HandedEntry.objects.create(
            practice=world.practice,
            hand_over=other if one.system == "Kareo" else second,
            system=one.system,
            entry=one.entry,
        )


def test_a_remittance_that_pays_nothing_of_ours_is_handed_over_too(world):
    make(world)
    foreign = WrittenClaim("EHR55512", "1", "PN9", [WrittenLine("99213", "20261101", Decimal(90), "X1")])
    post_body(world, write_835(npi=world.practice.npi, trace="EFT9050", day="20261130", claims=[foreign]))
    row = make(world)
    assert (row.charges, row.postings, row.remittances) == (0, 0, 1)


@pytest.mark.parametrize("system", ["", "  ", "\x00"])
def test_a_system_needs_a_name(world, system):
    with pytest.raises(Refused, match="name"):
        make(world, system)


def confirm(world, row, *, proof="Batch 77", charges="1280.00", postings="36.22"):
    return hand_over.confirm_hand_over(
        hand_over=row, proof=proof, charges_total=charges, postings_total=postings, by=world.members["biller"], now=NOW
    )


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"proof": " "}, "batch number"), ({"charges": "1279.99"}, "charges of 1,280.00"), ({"postings": ""}, "payments of 36.22"),
        ({"postings": "NaN"}, "payments"), ({"charges": "x"}, "charges"),
    ],
)  # fmt: skip
def test_a_file_counts_as_taken_only_with_its_batch_number_and_its_sums(world, values, error):
    row = make(world)
    with pytest.raises(Refused, match=error):
        confirm(world, row, **values)
    assert HandOver.objects.get().taken_at is None


def test_a_file_is_confirmed_once_and_never_changed(world):
    row = confirm(world, make(world), charges="$1,280.00")
    assert (row.proof, row.taken_by) == ("Batch 77", world.user("biller"))
    with pytest.raises(Refused, match="confirmed already"):
        confirm(world, row)
    for change in ({"proof": "Batch 78"}, {"charges": 1}, {"sha256": "0"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            HandOver.objects.update(**change)


def test_the_page_writes_downloads_and_confirms(world):
    client, other = signed_in(world.user("biller")), signed_in(world.other.user("biller"))
    assert client.post("/hand-over/make/", {"system": "Tebra"}).status_code == 302
    row = HandOver.objects.get()
    response = client.get(f"/hand-over/{row.public_id}/file/")
    assert response.content == bytes(row.body)
    assert Event.objects.filter(action="download_hand_over", subject=f"handover:{row.public_id}").count() == 1
    assert other.get(f"/hand-over/{row.public_id}/file/").status_code == 404
    form = {"proof": "Batch 77", "charges": "1280.00", "postings": "36.22"}
    assert client.post(f"/hand-over/{row.public_id}/confirm/", form | {"charges": "1"}).status_code == 422
    assert client.post(f"/hand-over/{row.public_id}/confirm/", form).status_code == 302
    page = client.get("/hand-over/").content.decode()
    assert "Batch 77" in page
    assert "Tebra: 0 new entries" in page
    assert LedgerEntry.objects.filter(kind=EntryKind.PAYMENT).exists()


def test_the_command_writes_the_file_and_counts_nothing_as_handed_over_if_it_cannot(world, tmp_path):
    biller, nurse = world.user("biller").email, world.user("clinical_staff").email
    for to, by in ((tmp_path / "missing", biller), (tmp_path, nurse), (tmp_path, "nobody@example.com")):
        with pytest.raises(CommandError):
            call_command("hand_over", world.practice.name, "Tebra", to=to, by=by)
    assert not HandOver.objects.exists()
    call_command("hand_over", world.practice.name, "Tebra", to=tmp_path, by=biller)
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == bytes(HandOver.objects.get().body)
    with pytest.raises(CommandError, match="Nothing is new"):
        call_command("hand_over", world.practice.name, "Tebra", to=tmp_path, by=biller)
