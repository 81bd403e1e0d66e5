"""Billing profiles by clinic, payer and date of service, and the clearinghouse of a file."""

from datetime import date

import pytest

from billing.claims.billing_data import BillingData, Profiles, channel_on, own_numbers
from billing.claims.ready_claims import claims_of
from billing.models import BillingProfile, ClaimVersion, ClearinghouseChannel, Submission
from billing.seal.corrections import confirm_corrections
from enrollment.models import Clinic, Payer
from rpm_portal.core.refusals import Refused
from tests.billing.answers.test_post import post
from tests.billing.claims.test_send import validated
from tests.billing.close.test_close import AFTER, approve_all, compute
from tests.billing.sending_world import ANY_DAY, CHANNEL, bill_as, complete, interchange, leave, live_at, sealed
from tests.builders import a_patient, an_enrollment, days, seal

NPIS = ("1999999984", "1245319599", "1234567893")


def clinic(world, name):
    return Clinic.objects.create(practice=world.practice, name=name)


def test_the_profile_of_clinic_and_payer_precedes_the_clinics_the_payers_and_the_practices(world):
    main, other = clinic(world, "Main"), Payer.objects.create(practice=world.practice, name="BlueCo")
    rows = {
        "practice": bill_as(world.practice),
        "payer": bill_as(world.practice, payer=world.payer),
        "clinic": bill_as(world.practice, clinic=main),
        "both": bill_as(world.practice, clinic=main, payer=world.payer, starts_on=date(2026, 3, 12)),
    }
    profiles = Profiles(world.practice)

    assert profiles.of(main.pk, world.payer.pk, date(2026, 3, 12)) == rows["both"]
    assert profiles.of(main.pk, world.payer.pk, date(2026, 3, 11)) == rows["clinic"]
    assert profiles.of(main.pk, other.pk, date(2026, 3, 12)) == rows["clinic"]
    assert profiles.of(None, world.payer.pk, date(2026, 3, 12)) == rows["payer"]
    assert profiles.of(None, other.pk, date(2026, 3, 12)) == rows["practice"]
    assert profiles.of(None, None, date(2018, 12, 31)) is None


def test_a_profile_without_name_and_numbers_bills_under_the_practices_own(world):
    own = BillingData.of(world.practice, bill_as(world.practice))
    other = BillingData.of(world.practice, bill_as(world.practice, starts_on=AFTER.date(), name="Lake", npi=NPIS[0], tax_id="98-7654321"))  # fmt: skip

    assert (own.practice, own.practice_npi, own.tax_id) == (world.practice.name, world.practice.npi, "123456789")
    assert (other.practice, other.practice_npi, other.tax_id) == ("Lake", NPIS[0], "987654321")


def test_a_claim_before_the_first_day_of_a_profile_is_blocked_with_one_sentence(world):
    complete(world)
    close = sealed(world)
    BillingProfile.objects.update(starts_on=date(2026, 4, 1))
    (claim,) = claims_of(close)

    assert claim.wrong == [
        "No billing profile is in force on the date of service (billing profiles, in the billing settings)."
    ]
    BillingProfile.objects.update(starts_on=date(2026, 3, 11))
    assert claims_of(close)[0].wrong == []


def three_clinics(world):
    """A sealed month of three patients, each of a clinic with its own billing provider."""
    complete(world)
    nurse = world.user("clinical_staff")
    for number, npi in enumerate(NPIS):
        place = clinic(world, f"Clinic {number}")
        bill_as(world.practice, clinic=place, npi=npi, name=f"Clinic {number}", street=f"{number + 1} Elm")
        patient = a_patient(world.practice, nurse, mrn=f"C{number}", family=f"Zed{number}")
        live_at(patient)
        an_enrollment(world, patient, serial=f"clinic-{number}", clinic=place)
        world.read(days("2026-02-10", "2026-03-31"), serial=f"clinic-{number}")
    close = compute(world)
    approve_all(close, world)
    return seal(close, world, now=AFTER)


def test_the_claims_of_three_clinics_are_in_one_file_under_their_billing_providers(world):
    text = leave(world, three_clinics(world)).as_sent().decode()
    found = [line for line in text.split("~\n") if line.startswith(("NM1*85*", "NM1*IL*", "HL*"))]

    assert validated(text) == []
    assert [line.rsplit("*", 1)[1] for line in found if line.startswith("NM1*85*")] == list(NPIS)
    levels = [line.split("*")[1:4] for line in found if line.startswith("HL*")]
    assert levels == [
        ["1", "", "20"],
        ["2", "1", "22"],
        ["3", "", "20"],
        ["4", "3", "22"],
        ["5", "", "20"],
        ["6", "5", "22"],
    ]


def test_claims_of_two_clearinghouses_need_a_file_for_each(world):
    close = three_clinics_of_two_channels(world)
    with pytest.raises(Refused, match=r"different clearinghouses: Clearing House One \(2\), Second \(1\)"):
        leave(world, close)
    assert not Submission.objects.exists()
    second = [one.claim.public_id for one in claims_of(close) if one.content.channel == "Second"]
    text = leave(world, close, chosen=second).as_sent().decode()

    assert text.startswith("ISA*00*          *00*          *30*PRAIRIE02      *01*SECOND02       *")
    assert "GS*HC*GROUP1*GROUP2*" in text
    assert text[:106].split("*")[14] == "1"
    assert "NM1*41*2*PRAIRIE*****46*SUBMITTER1~" in text
    assert "NM1*40*2*SECOND HOUSE*****46*RECEIVER2~" in text
    assert validated(text) == []


def three_clinics_of_two_channels(world):
    ClearinghouseChannel.objects.create(
        **CHANNEL
        | {
            "practice": world.practice, "name": "Second", "starts_on": ANY_DAY, "submitter_id": "PRAIRIE02",
            "submitter_qualifier": "30", "receiver": "Second House", "receiver_id": "SECOND02", "receiver_qualifier": "01",
            "group_sender": "GROUP1", "group_receiver": "GROUP2", "submitter_number": "SUBMITTER1",
            "receiver_number": "RECEIVER2", "acknowledged": True,
        }
    )  # fmt: skip
    close = three_clinics(world)
    BillingProfile.objects.filter(name="Clinic 2").update(channel="Second")
    confirm_corrections(
        close=close, reason="The clinic has another clearinghouse", by=world.members["biller"], now=AFTER
    )
    close.refresh_from_db()
    return close


def test_a_file_goes_to_the_clearinghouse_as_it_is_on_the_day_it_is_written(world):
    for day, number in ((ANY_DAY, "OLD"), (date(2026, 4, 2), "NEW")):
        ClearinghouseChannel.objects.create(
            **CHANNEL | {"practice": world.practice, "starts_on": day, "receiver_id": number}
        )

    assert channel_on(world.practice.pk, CHANNEL["name"], date(2026, 4, 1)).receiver_id == "OLD"
    assert channel_on(world.practice.pk, CHANNEL["name"], date(2026, 4, 2)).receiver_id == "NEW"
    assert channel_on(world.practice.pk, "Nobody", date(2026, 4, 2)) is None
    assert channel_on(world.other.practice.pk, CHANNEL["name"], date(2026, 4, 2)) is None


def test_lines_of_clinics_with_different_billing_providers_are_not_one_claim(world):
    complete(world)
    close = sealed(world)
    profile = bill_as(world.practice, starts_on=date(2026, 3, 31), npi=NPIS[0])
    (claim,) = claims_of(close)
    assert any("different billing profiles" in sentence for sentence in claim.wrong)

    profile.npi, profile.place_of_service = "", "10"
    profile.save()
    assert claims_of(close)[0].wrong == []


def test_a_payee_is_ours_by_every_number_that_the_practice_bills_under(world):
    bill_as(world.practice, npi=NPIS[0], tax_id="98-7654321")
    numbers = own_numbers(world.practice)

    assert numbers.npis == {world.practice.npi, NPIS[0]}
    assert numbers.tax_ids == {"123456789", "987654321"}
    assert NPIS[0] not in own_numbers(world.other.practice).npis


def test_a_rejected_billing_provider_rejects_only_the_claims_billed_under_it(world):
    row = leave(world, three_clinics(world))
    body = interchange(
        [
            "ST*277*0001*005010X214", "BHT*0085*08*C25*20260420*1200*TH", "HL*1**20*1", "NM1*AY*2*CLEARHOUSE*****46*CLEAR01",
            "TRN*1*C25", "DTP*050*D8*20260420", "DTP*009*D8*20260420", "HL*2*1*21*1", "NM1*41*2*PRAIRIE*****46*PRAIRIE01",
            f"TRN*2*{row.batch}", "STC*A1:19:PR*20260420*WQ*405", "HL*3*2*19*0", f"NM1*85*2*CLINIC*****XX*{NPIS[1]}",
            "TRN*1*0", "STC*A8:496:85*20260420*U*140",
        ], "HN",
    ).replace(b"005010X221A1", b"005010X214")  # fmt: skip
    post(world, body)
    states = {one.as_sent()["practice_npi"]: one.state for one in ClaimVersion.objects.filter(submission=row)}

    assert states == {NPIS[0]: "sent", NPIS[1]: "rejected", NPIS[2]: "sent"}
