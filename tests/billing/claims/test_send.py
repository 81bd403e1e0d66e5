"""Sending claims: complete or refused, accepted by the guide's validator, stored byte for byte, sent once."""

import dataclasses
import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from billing.answers.by_hand import answer_by_hand
from billing.claims.formats import x12_837p
from billing.claims.formats.content import Address, Content, ProviderName, Service
from billing.claims.formats.edits import problems
from billing.claims.formats.validation import validation_errors
from billing.claims.ready_claims import claims_of
from billing.models import Charge, Claim, ClaimVersion, Submission
from billing.rules import load_codes
from billing.seal import services as sealing
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import AFTER, compute
from tests.billing.sending_world import complete, leave, sealed
from tests.builders import NPI, PASSWORD, a_patient, an_enrollment, days

CODES = load_codes()


def problems_of(content: Content) -> list[str]:
    """The problems of a claim under the shipped codes."""
    return problems(content, CODES)


ENVELOPE = x12_837p.Envelope(
    "Prairie",
    "PRAIRIE01",
    "June Abbott",
    "312-555-0100",
    "Clearing House",
    "CLEAR01",
    7,
    "1881761864-7",
    datetime(2026, 4, 3, tzinfo=UTC),
    True,
)


def a_claim(**changes):
    line = Service("line00000001", "99457", (), 1, "70.00", "2026-03-31", (1,), ProviderName("Patel", "Anika", NPI))
    content = Content(
        control="CLAIM0000001", frequency="1", original="", practice="Prairie Lakes", practice_npi="1881761864",
        tax_id="123456789", taxonomy="207Q00000X", practice_address=Address("12 Lake Street", "Chicago", "IL", "606011234"),
        payer="Medicare Part B", payer_id="04412", filing="MB", medicare=True, family="Ortega", given="Miguel",
        member_id="1EG4TE5MK73", born="1950-03-02", sex="M", address=Address("7 Elm Rd", "Evanston", "IL", "60201"),
        rendering=ProviderName("Patel", "Anika", NPI), place="11", diagnoses=("I10",), services=(line,), total="70.00",
        channel="Clearing House One",
    )  # fmt: skip
    return replace(content, **changes)


def validated(text):
    errors = validation_errors(text)
    assert errors is not None, "the validator is a test requirement and is missing"
    return errors


def test_a_complete_claim_is_accepted_by_the_guides_validator():
    assert problems_of(a_claim()) == []
    assert validated("".join(x12_837p.write(ENVELOPE, [a_claim(), a_claim(control="CLAIM0000002")]))) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [("DTP*472*D8*20260331", "DTP*472*D8*20261331"), ("HI*ABK:I10~\n", ""), ("SE*", "SE*9"), ("CLM*", "CLX*")],
)
def test_the_validator_refuses_a_file_that_is_wrong(old, new):
    text = "".join(x12_837p.write(ENVELOPE, [a_claim()]))
    assert old in text

    assert validated(text.replace(old, new, 1)) != []


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"channel": ""}, "No billing profile"),
        ({"practice_npi": "1881761865"}, "group NPI"),
        ({"tax_id": ""}, "tax id"),
        ({"taxonomy": ""}, "taxonomy"),
        ({"practice_address": Address("P.O. Box 4", "Chicago", "IL", "606011234")}, "not a PO box"),
        ({"practice_address": Address("12 Lake", "Chicago", "IL", "60601")}, "nine-digit ZIP"),
        ({"rendering": ProviderName("Patel", "Anika", "")}, "no valid NPI"),
        ({"payer": "", "payer_id": ""}, "No payer covers"),
        ({"payer_id": ""}, "no payer id"),
        ({"member_id": ""}, "member id is missing"),
        ({"member_id": "1EG4TE5MK7S"}, "not a Medicare id"),
        ({"address": Address("", "Evanston", "XX", "60201")}, "lacks street, state"),
        ({"diagnoses": ()}, "one to twelve"),
        ({"diagnoses": ("I1O",)}, None),
        ({"diagnoses": ("not",)}, "no ICD-10-CM code"),
        ({"total": "70.01"}, "not the sum"),
        ({"services": (), "total": "0"}, "no lines"),
        ({"frequency": "7"}, "payer's own number"),
        ({"frequency": "8"}, "payer's own number"),
    ],
)
def test_each_problem_of_a_claim_is_named_with_its_remedy(changes, remedy):
    messages = problems_of(a_claim(**changes))

    assert any(remedy in message for message in messages) if remedy else messages == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"charge": "0"}, "no charge"), ({"pointers": (2,)}, "points at no diagnosis"), ({"pointers": ()}, "points at no"),
        ({"code": "99999"}, "does not exist"), ({"dos": "2018-12-31"}, "does not exist on 2018"),
        ({"ordering": ProviderName("Patel", "Anika", "123")}, "order for 99457"),
    ],
)  # fmt: skip
def test_each_problem_of_a_line_is_named(change, problem):
    line = replace(a_claim().services[0], **change)

    assert any(problem in message for message in problems_of(a_claim(services=(line,), total=line.charge)))


def test_the_same_line_twice_blocks_the_claim():
    line = a_claim().services[0]

    assert any(
        "on the claim twice" in message for message in problems_of(a_claim(services=(line, line), total="140.00"))
    )


NAMES = st.text(min_size=1, max_size=40).filter(lambda text: x12_837p.plain(text) != "")


@given(
    family=NAMES, given=NAMES, street=NAMES, amount=st.decimals("0.01", "9999.99", places=2), units=st.integers(1, 3)
)
def test_no_text_breaks_out_of_its_element(family, given, street, amount, units):
    """Whatever a name contains, the file has the same segments and its amounts are those of the claim."""
    line = replace(a_claim().services[0], charge=str(amount), units=units)
    content = a_claim(
        family=family,
        given=given,
        address=Address(street, "Evanston", "IL", "60201"),
        services=(line,),
        total=str(amount),
    )
    plain = list(x12_837p.write(ENVELOPE, [a_claim()]))
    segments = list(x12_837p.write(ENVELOPE, [content]))

    assert [segment.split("*")[0] for segment in segments] == [segment.split("*")[0] for segment in plain]
    (claim,) = [segment for segment in segments if segment.startswith("CLM*")]
    assert Decimal(claim.split("*")[2]) == amount
    assert all(segment.count("~") == 1 for segment in segments)


@pytest.mark.slow
def test_a_month_is_sent_as_one_file_that_validates_and_is_stored_byte_for_byte(world):
    complete(world)
    close = sealed(world)
    export = leave(world, close)
    text = bytes(export.body).decode()

    assert validated(text) == []
    assert export.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (export.number, export.claims, export.lines, export.total) == (1, 1, 3, Decimal("160.00"))
    assert "NM1*IL*1*ORTEGAP*MIGUEL****MI*1EG4TE5MK73~" in text
    assert "N4*EVANSTON*IL*60201~" in text
    assert "SV1*HC:99457*70*UN*1***1~\nDTP*472*D8*20260331~" in text
    assert "NM1*DK*" not in text, "who orders is the rendering provider"
    assert text.count("~\n") == len(text.splitlines())
    close.refresh_from_db()
    assert close.state == "sent"
    for change in (lambda: Submission.objects.update(total=0), lambda: ClaimVersion.objects.update(total=0)):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


@pytest.mark.slow
def test_a_sent_file_is_not_read_for_each_claim_in_it(world):
    complete(world)
    close = sealed(world)
    leave(world, close)
    (claim,) = claims_of(close)

    assert "body" in claim.sent.submission.get_deferred_fields()
    client = Client()
    client.force_login(world.user("manager"), backend="rpm_portal.accounts.backends.PortalBackend")
    with CaptureQueriesContext(connection) as asked:
        pages = ["/months/2026-03/claims/", "/denials/?show=all", f"/patients/{world.patient.public_id}/disclosures/"]
        assert [client.get(page).status_code for page in pages] == [200] * 3
    assert not [query["sql"] for query in asked if '"billing_submission"."body"' in query["sql"]]


@pytest.mark.slow
def test_a_claim_is_sent_again_only_on_request_and_the_month_stays_closed(world):
    complete(world)
    close = sealed(world)
    leave(world, close)
    (claim,) = claims_of(close)
    assert (claim.status, claim.due) == ("sent", False)

    with pytest.raises(Refused, match="already submitted in submission 1"):
        leave(world, close, chosen=[claim.claim.public_id])
    with pytest.raises(Refused, match="month is submitted"):
        sealing.reopen_month(close=close, by=world.members["qhp"], reason="A wrong device", now=AFTER)
    again = leave(world, close, chosen=[claim.claim.public_id], again=True)
    assert again.number == 2
    first, second = ClaimVersion.objects.order_by("number")
    assert second.content | {"control": ""} == first.content | {"control": ""}, "word for word, as new as it was"
    assert first.control != second.control


def test_an_incomplete_claim_cannot_be_chosen_and_names_its_problems(world):
    complete(world)
    Charge.objects.filter(code="99457").delete()
    world.patient.street = ""
    world.patient.save()
    close = sealed(world)
    (claim,) = claims_of(close)

    assert not claim.may_go
    assert claim.wrong == [
        "The patient's address lacks street.",
        "99457 has no charge (charges, in the billing settings).",
    ]
    with pytest.raises(Refused, match="lack something"):
        leave(world, close)
    assert not Submission.objects.exists()
    close.refresh_from_db()
    assert close.state == "sealed"


def test_only_a_sealed_month_is_sent_and_only_its_own_claims(world):
    complete(world)
    close = compute(world)
    with pytest.raises(Refused, match="after it is locked"):
        leave(world, close, chosen=["x"])
    close = sealed(world)
    for chosen in ([], ["nobodysclaim"]):
        with pytest.raises(Refused, match="Choose claims"):
            leave(world, close, chosen=chosen)


def test_a_file_the_validator_refuses_is_not_stored(world, monkeypatch):
    complete(world)
    close = sealed(world)
    monkeypatch.setattr("billing.claims.send.validation_errors", lambda text: ["Loop 2300 is missing"])

    with pytest.raises(Refused, match="Loop 2300"):
        leave(world, close)
    assert not Submission.objects.exists()


def test_a_diagnosis_not_billable_on_the_day_blocks_the_claim(world):
    from enrollment.models import DiagnosisCode

    DiagnosisCode.objects.create(
        code="I10",
        description="Essential hypertension",
        billable=True,
        valid_from=date(2019, 1, 1),
        valid_to=date(2026, 3, 15),
    )
    complete(world)
    (claim,) = claims_of(sealed(world))

    assert claim.wrong == ["I10 is not a billable diagnosis code on 2026-03-31."]


def test_the_table_has_a_line_a_service_and_no_formula(world):
    complete(world)
    world.patient.given_name = "=HYPERLINK(1)"
    world.patient.save()
    text = bytes(leave(world, sealed(world), shape="csv").body).decode()
    rows = text.splitlines()

    assert len(rows) == 4
    assert rows[0].startswith("claim_control,frequency,original_claim,line_control,payer")
    assert "'=HYPERLINK(1)" in rows[1]


def test_claims_take_the_same_number_of_statements_for_one_and_for_many(world, django_assert_num_queries):
    complete(world)
    nurse = world.user("clinical_staff")
    for number in range(3):
        patient = a_patient(world.practice, nurse, mrn=f"N{number}", family=f"Many{number}")
        an_enrollment(world, patient, serial=f"many-{number}")
        world.read(days("2026-02-10", "2026-03-31"), serial=f"many-{number}")
    close = sealed(world)
    chosen = list(Claim.objects.filter(close=close).values_list("public_id", flat=True))
    assert len(chosen) == 4

    for numbers in (chosen[:1], chosen):
        with django_assert_num_queries(19):  # with payers' profiles, open corrections, hold rules, billing profiles
            assert len(claims_of(close, only=numbers, on=AFTER.date())) == len(numbers)


@pytest.mark.slow
def test_the_pages_send_download_and_take_an_answer(world):
    complete(world)
    close = sealed(world)
    client = Client()
    client.force_login(world.user("biller"), backend="rpm_portal.accounts.backends.PortalBackend")
    page = client.get("/months/2026-03/claims/").content.decode()
    assert "1 ready, 0 with errors" in page
    claim = Claim.objects.get(close=close)
    form = {"claim": claim.public_id, "shape": "837p", "password": "wrong-password-1"}
    assert client.post("/months/2026-03/claims/send/", form).status_code == 422
    assert client.post("/months/2026-03/claims/send/", form | {"password": PASSWORD, "shape": "fax"}).status_code == 422
    sent = client.post("/months/2026-03/claims/send/", form | {"password": PASSWORD})
    assert sent.status_code == 302
    assert client.get(sent["Location"]).status_code == 200
    file = client.get(sent["Location"] + "file/")
    assert file["Content-Disposition"] == 'attachment; filename="claims-2026-03-1.edi"'
    assert hashlib.sha256(file.content).hexdigest() == Submission.objects.get().sha256
    row = ClaimVersion.objects.get()
    assert client.post(f"/versions/{row.public_id}/answer/", {"status": "paid", "paid": ""}).status_code == 422
    answer = {"status": "paid", "paid": "128.00", "payer_control": "P1"}
    assert client.post(f"/versions/{row.public_id}/answer/", answer).status_code == 302
    assert claims_of(close)[0].status == "paid"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": "lost"}, "Choose what became"), ({"status": "paid"}, "how much"), ({"status": "denied"}, "payer's reason"),
        ({"status": "paid", "paid": "much"}, "an amount"), ({"status": "paid", "paid": "-1"}, "an amount"),
        ({"status": "paid", "paid": "NaN"}, "an amount"), ({"status": "paid", "paid": "99999"}, "an amount"),
    ],
)  # fmt: skip
def test_an_incomplete_answer_by_hand_is_refused(world, answer, error):
    complete(world)
    leave(world, sealed(world))
    given_ = {"paid": "", "payer_control": "", "note": ""} | answer

    with pytest.raises(Refused, match=error):
        answer_by_hand(version=ClaimVersion.objects.get(), by=world.members["biller"], now=AFTER, **given_)


FULL = """
CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER disk_is_full AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION disk_is_full();
"""


@pytest.mark.slow
@pytest.mark.parametrize("table", ["billing_submission", "billing_claimversion", "audit_event"])
def test_a_disk_that_fills_up_in_the_middle_sends_nothing_and_uses_no_number(world, table):
    complete(world)
    close = sealed(world)
    with pytest.raises(OperationalError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(FULL.format(table=table))
        leave(world, close)
    close.refresh_from_db()
    assert close.state == "sealed"
    assert not Submission.objects.exists()
    assert not ClaimVersion.objects.exists()
    export = leave(world, close)
    assert (export.number, ClaimVersion.objects.get().number) == (1, 1)


def test_a_claim_is_stored_with_its_whole_content_and_read_back_the_same(world):
    complete(world)
    close = sealed(world)
    (claim, *_) = claims_of(close)
    payload = claim.content.as_json()

    assert json.loads(json.dumps(payload)) == json.loads(json.dumps(dataclasses.asdict(claim.content)))
    assert Content.from_json(json.loads(json.dumps(payload))) == claim.content
    bare = dataclasses.replace(claim.content, services=(dataclasses.replace(claim.content.services[0], ordering=None),))
    assert json.dumps(bare.as_json()) == json.dumps(dataclasses.asdict(bare))


def test_a_provider_without_a_name_blocks_a_claim(world):
    complete(world)
    close = sealed(world)
    (claim, *_) = claims_of(close)
    nobody = dataclasses.replace(claim.content.rendering, family=" ")
    line = dataclasses.replace(claim.content.services[0], ordering=nobody)
    without = dataclasses.replace(claim.content, rendering=nobody, services=(line, *claim.content.services[1:]))

    assert problems_of(claim.content) == []
    assert problems_of(without) == [
        "The billing provider's family name is missing (users, in the admin).",
        f"The family name of who signed the order for {line.code} is missing (users, in the admin).",
    ]
