"""Values on claims that change after the lock: named, not sent, and confirmed by a person with a reason."""

from dataclasses import fields, replace

import pytest
from django.test import Client

from billing.claims.billing_data import SENDER_COLUMNS, BillingData
from billing.claims.formats.content import Content, Service, ServiceLocation
from billing.claims.ready_claims import claims_of
from billing.models import BillingProfile, ClaimVersion, ClearinghouseChannel, MonthClose, Submission
from billing.policies.profiles import ProfileValues, set_profile
from billing.seal.adjustments import adjust
from billing.seal.corrections import confirm_corrections
from billing.seal.digests import CHANNEL_COLUMNS
from billing.seal.value_groups import NOT_SEALED, value_groups
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.billing.answers.test_post import LATER, post
from tests.billing.models.test_seal_triggers import month_in
from tests.billing.sending_world import ANY_DAY, an_835, bill_as, leave
from tests.builders import PASSWORD
from tests.roles import as_owner
from tests.test_access import signed_in

WHY = "The front desk corrected the card"
# What the database's owner, a person or a program changes, and the group that is named.
CHANGES = {
    "UPDATE billing_charge SET amount = amount * 8": "charges",
    "UPDATE enrollment_patient SET family_name = 'Other'": "patient",
    "UPDATE enrollment_patient SET born_on = born_on + 1": "patient",
    "UPDATE enrollment_patient SET sex = 'U'": "patient",
    "UPDATE enrollment_patient SET street = '8 Elm Rd'": "patient",
    "UPDATE enrollment_payer SET payer_code = '04413'": "payer",
    "UPDATE enrollment_payer SET filing = 'CI'": "payer",
    "UPDATE enrollment_enrollment SET diagnosis = 'I11.9'": "diagnoses",
    "UPDATE accounts_membership SET npi = '1999999984' WHERE role = 'physician'": "billing provider",
    "UPDATE accounts_user SET family_name = 'Someone' WHERE family_name = 'P'": "billing provider",
    "UPDATE enrollment_order SET signed_npi = '1999999984'": "ordering providers",
    "UPDATE billing_billingprofile SET place_of_service = '10'": "practice",
    "UPDATE billing_billingprofile SET street = '13 Lake Street'": "practice",
    "UPDATE accounts_practice SET tax_id = '99-9999999'": "practice",
    "UPDATE accounts_practice SET npi = '1999999984'": "practice",
    "UPDATE billing_clearinghousechannel SET receiver_id = 'ELSEWHERE'": "sender and receiver",
}


@pytest.mark.slow
@pytest.mark.parametrize("statement", CHANGES)
def test_a_changed_value_is_named_and_not_sent_until_it_is_confirmed(world, statement):
    close = month_in(world, "sealed")
    as_owner(statement)

    with pytest.raises(Refused, match=f"Changed since the month was locked: .*{CHANGES[statement]}"):
        leave(world, close)
    assert not Submission.objects.exists()


def test_every_column_of_a_billing_profile_and_of_a_clearinghouse_is_signed():
    """A column that is added to either fails here until a file shows it under the digest."""
    of_file = {part.name for part in ClearinghouseChannel._meta.concrete_fields}
    assert of_file - {"id", "practice"} == {"name", "starts_on", *SENDER_COLUMNS}
    assert {"name", "starts_on", *SENDER_COLUMNS} < set(CHANNEL_COLUMNS)
    of_claim = {part.name for part in BillingProfile._meta.concrete_fields}
    assert of_claim - {"id", "practice", "clinic", "payer", "starts_on"} == set(PROFILE_CHANGES)


PROFILE_CHANGES = {
    "channel": "Other", "name": "Other", "npi": "1999999984", "tax_id": "99-9999999", "tax_id_kind": "SY",
    "taxonomy": "207R00000X", "street": "13 Lake", "city": "Peoria", "state": "WI", "postal_code": "60601-9999",
    "phone": "312-555-0199", "pay_to_street": "PO Box 1", "pay_to_city": "Peoria", "pay_to_state": "WI",
    "pay_to_postal_code": "60601-9998", "place_of_service": "10", "location_name": "Lakeside", "location_npi": "1999999984",
    "location_street": "1 Shore", "location_city": "Peoria", "location_state": "WI", "location_postal_code": "60601-9997",
}  # fmt: skip


@pytest.mark.parametrize("name", PROFILE_CHANGES)
def test_a_changed_column_of_the_billing_profile_changes_the_signed_values(world, name):
    profile = bill_as(
        world.practice, pay_to_street="PO Box 4", pay_to_city="Chicago", pay_to_state="IL", pay_to_postal_code="60601-0004",
        location_name="Main", location_npi="1881761864", location_street="2 Elm", location_city="Chicago",
        location_state="IL", location_postal_code="60601-0005",
    )  # fmt: skip
    before = BillingData.of(world.practice, profile)
    setattr(profile, name, PROFILE_CHANGES[name])
    after = BillingData.of(world.practice, profile)

    assert after != before
    assert {field.name for field in fields(BillingData)} <= {field.name for field in fields(Content)}


def test_a_changed_member_id_is_named(world):
    close = month_in(world, "sealed")
    coverage = world.patient.coverages.get()
    coverage.member_id = "2AC5EG4TE72"
    coverage.save()

    with pytest.raises(Refused, match=r"member ID of 1 claim\."):
        leave(world, close)


def test_every_value_of_a_claim_its_lines_addresses_and_names_is_signed(world):
    """A field that is added to the content of a claim fails here until it is in a group."""
    content = claims_of(month_in(world, "sealed"))[0].content
    service = replace(content.services[0], ordering=content.rendering, referring=content.rendering)
    content = replace(content, services=(service, *content.services[1:]))
    address = content.address
    content = replace(
        content, pay_to=address, referring=content.rendering, supervising=content.rendering,
        location=ServiceLocation("Lakeside", "1881761864", address),
    )  # fmt: skip
    before = value_groups(content)
    parts = {"practice_address", "address", "rendering", "pay_to", "referring", "supervising", "location"}
    for field in fields(Content):
        other = replace(content, **{field.name: () if field.name == "services" else "other"})
        if field.name not in parts:
            assert (value_groups(other) != before) is (field.name not in NOT_SEALED), field.name
    for name in parts:
        part = getattr(content, name)
        for field in fields(part):
            value = replace(address, street="other") if field.name == "address" else "other"
            assert value_groups(replace(content, **{name: replace(part, **{field.name: value})})) != before, field.name
        if name not in {"practice_address", "address", "rendering"}:
            assert value_groups(replace(content, **{name: None})) != before, name
    for field in fields(Service):
        person = replace(content.rendering, npi="other")
        is_person = field.name in {"ordering", "referring"}
        changed = replace(service, **{field.name: person if is_person else ("other",)})
        assert value_groups(replace(content, services=(changed, *content.services[1:]))) != before, field.name


@pytest.mark.slow
def test_a_confirmed_correction_is_sent(world):
    close = month_in(world, "sealed")
    world.patient.street = "8 Elm Rd"
    world.patient.save()
    biller = world.members["biller"]
    with pytest.raises(Refused, match="ten characters"):
        confirm_corrections(close=close, reason="typo", by=biller, now=LATER)

    assert confirm_corrections(close=close, reason=WHY, by=biller, now=LATER) == ["patient"]

    event = Event.objects.get(action="confirm_corrections")
    assert (event.detail, event.actor) == ({"values": ["patient"], "reason": WHY}, world.user("biller"))
    leave(world, MonthClose.objects.get(pk=close.pk))
    assert ClaimVersion.objects.get().content["address"]["street"] == "8 Elm Rd"


def test_nothing_is_confirmed_before_the_month_is_sealed(world):
    close = month_in(world, "prepared")
    by = world.members["biller"]
    with pytest.raises(Refused, match="after it is locked"):
        confirm_corrections(close=close, reason=WHY, by=by, now=LATER)


def test_a_month_without_a_change_has_nothing_to_confirm_and_an_altered_line_is_never_confirmed(world):
    close, by = month_in(world, "sealed"), world.members["biller"]
    with pytest.raises(Refused, match="No value differs"):
        confirm_corrections(close=close, reason=WHY, by=by, now=LATER)
    as_owner("UPDATE billing_claimline SET units = 8 WHERE code = '99454'")
    as_owner("UPDATE enrollment_patient SET street = '8 Elm Rd'")
    with pytest.raises(Refused, match="differ from those that were locked"):
        confirm_corrections(close=close, reason=WHY, by=by, now=LATER)


@pytest.mark.slow
def test_a_sent_claim_is_repeated_as_it_was_sent_whatever_changed_since(world):
    close = month_in(world, "sent")
    as_owner("UPDATE enrollment_patient SET street = '8 Elm Rd'")
    chosen = [claims_of(close)[0].claim.public_id]

    leave(world, close, again=True, chosen=chosen, now=LATER)

    first, second = ClaimVersion.objects.order_by("number")
    assert first.content["address"] == second.content["address"]


@pytest.mark.slow
def test_an_adjustment_signs_its_lines_and_not_an_address_that_changed_meanwhile(world):
    close = month_in(world, "sent")
    # Medicare Part B takes no replacement.
    as_owner("UPDATE enrollment_payer SET filing = 'CI'")
    world.payer.refresh_from_db()
    values = ProfileValues(starts_on=ANY_DAY, source="Letter of the plan", correction="replacement")
    set_profile(payer=world.payer, values=values, by=world.members["manager"], now=LATER)
    post(world, an_835(world))
    as_owner("UPDATE enrollment_patient SET street = '8 Elm Rd'")
    as_owner("UPDATE monitoring_reading SET voided_at = now() WHERE local_day > '2026-02-20'")
    as_owner("DELETE FROM monitoring_readingday WHERE local_day > '2026-02-20'")
    adjust(
        close=close, patient=world.patient, reason="The device was lent out", by=world.members["physician"], now=LATER
    )

    with pytest.raises(Refused, match="patient, payer of 1 claim"):
        leave(world, MonthClose.objects.get(pk=close.pk), now=LATER)
    confirm_corrections(close=close, reason=WHY, by=world.members["biller"], now=LATER)
    assert leave(world, MonthClose.objects.get(pk=close.pk), now=LATER).claims == 1


@pytest.mark.slow
def test_the_page_confirms_with_the_password_and_the_reason(world):
    close = month_in(world, "sealed")
    as_owner("UPDATE enrollment_patient SET street = '8 Elm Rd'")
    client, address = signed_in(world.user("biller")), "/months/2026-03/claims/confirm/"
    assert "Confirm corrections" in client.get("/months/2026-03/claims/").content.decode()

    assert client.post(address, {"password": "wrong-wrong-wrong", "reason": WHY}).status_code == 422
    assert client.post(address, {"password": PASSWORD, "reason": "x"}).status_code == 422
    assert client.post(address, {"password": PASSWORD, "reason": WHY}).status_code == 302
    assert Client().post(address, {"password": PASSWORD, "reason": WHY}).status_code == 302
    assert Event.objects.filter(action="confirm_corrections").count() == 1
    assert leave(world, close).claims == 1


def test_another_practice_confirms_nothing(world):
    month_in(world, "sealed")
    client = signed_in(world.other.user("biller"))
    assert client.post("/months/2026-03/claims/confirm/", {"password": PASSWORD, "reason": WHY}).status_code == 404
    assert not Event.objects.filter(action="confirm_corrections").exists()
