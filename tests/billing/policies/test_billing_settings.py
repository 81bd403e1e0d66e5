"""Billing settings that reach a claim: entered by one person, approved by another, never by one alone."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import BillingProfile, Charge, ClearinghouseChannel, PlaceOfService, ProviderTaxonomy
from billing.policies.billing_settings import CHARGES, KINDS, ROW_SETTINGS
from billing.policies.row_settings import subject_of
from enrollment.models import Clinic, Payer
from rpm_portal.accounts.models import Practice, SettingChange
from rpm_portal.audit.models import Event
from tests.billing.sending_world import CHANNEL, PROFILE, bill_as
from tests.builders import PASSWORD
from tests.test_access import signed_in

WHY = {"reason": "The payer's letter of May", "password": PASSWORD}
PAGE = "/settings/billing"


def enter(world, slug, key=(), *, role="manager", **fields):
    """Enter a change: the present values with the fields."""
    kind = next(one for one in KINDS if one.name == slug)
    subject = subject_of(key) if key else ""
    current = {name: "on" if value is True else value for name, value in kind.current(world.practice, subject).items()}
    data = {name: value for name, value in (current | fields).items() if value is not False}
    client = signed_in(world.user(role))
    return client.post(f"{PAGE}/{slug}/change/", WHY | data, query_params={"of": subject} if subject else {})


def decide(world, *, role="physician", answer="approve", change=None):
    change = change or SettingChange.objects.get(outcome=None)
    path = f"{PAGE}/{change.kind}/{change.public_id}/decide/"
    return signed_in(world.user(role)).post(path, {"answer": answer, "password": PASSWORD})


@pytest.fixture
def clinic(world):
    return Clinic.objects.create(practice=world.practice, name="Lakeside")


# slug: (key, entered values, model, what the stored row has)
ENTERED = {
    "channel": (("First House", "2026-05-01"), CHANNEL | {"receiver_qualifier": "01"}, ClearinghouseChannel, {"name": "First House", "receiver_qualifier": "01"}),
    "profile": (("Lakeside", "", "2026-05-01"), PROFILE | {"npi": "1999999984"}, BillingProfile, {"npi": "1999999984", "payer": None}),
    "taxonomy": (("{physician}", "2026-05-01"), {"taxonomy": "207R00000X"}, ProviderTaxonomy, {"taxonomy": "207R00000X"}),
    "place": (("", "99454", "2026-05-01"), {"place": "12"}, PlaceOfService, {"code": "99454", "payer": None, "place": "12"}),
    "payer": (("BlueCo",), {"payer_code": "BL001", "filing": "BL"}, Payer, {"name": "BlueCo", "payer_code": "BL001"}),
    "charge": (("2026-05-01",), {"99454": "65", "99457": "70.5"}, Charge, {"code": "99457", "amount": Decimal("70.50")}),
}  # fmt: skip


@pytest.mark.parametrize("slug", ENTERED)
def test_a_row_is_stored_after_a_second_person_approved_it(world, clinic, slug):
    key, values, model, stored = ENTERED[slug]
    key = [text.format(physician=world.user("physician").email) for text in key]
    values = {name: value for name, value in values.items() if name not in {"name", "starts_on"}}
    if slug == "profile":
        ClearinghouseChannel.objects.create(practice=world.practice, starts_on=date(2026, 1, 1), **CHANNEL)
    before = model.objects.count()
    answer = enter(world, slug, key, **values)
    assert answer.status_code == 200, answer.content.decode()
    assert model.objects.count() == before
    assert decide(world, role="manager").status_code == 422
    assert model.objects.count() == before
    assert decide(world).status_code == 200

    row = model.objects.order_by("pk").last()
    assert model.objects.count() == before + (2 if slug == "charge" else 1)
    assert {name: getattr(row, name) for name in stored} == stored
    assert row.practice == world.practice
    history = row.history.latest()
    assert (history.history_user, history.history_change_reason) == (world.user("manager"), WHY["reason"])
    event = Event.objects.get(practice=world.practice, action=f"apply_{slug}_change")
    assert (event.actor, event.detail["of"]) == (world.user("physician"), subject_of(key))
    page = signed_in(world.user("manager")).get(f"{PAGE}/{slug}/").content.decode()
    assert str(next(iter(values.values()))) in page


def test_a_change_of_the_same_day_alters_the_row_and_a_later_day_adds_one(world):
    row = bill_as(world.practice)
    enter(world, "profile", ("", "", "2019-01-01"), street="13 Lake Street")
    decide(world)
    row.refresh_from_db()
    assert (row.street, BillingProfile.objects.count()) == ("13 Lake Street", 1)
    enter(world, "profile", ("", "", "2027-01-01"), street="14 Lake Street")
    decide(world)

    new = BillingProfile.objects.get(starts_on=date(2027, 1, 1))
    assert (new.street, new.city, new.taxonomy) == ("14 Lake Street", "Chicago", PROFILE["taxonomy"])
    row.refresh_from_db()
    assert row.street == "13 Lake Street"


def test_the_practices_data_need_a_second_person(world):
    answer = enter(world, "practice", close_day=31)
    assert answer.status_code == 422
    assert enter(world, "practice", close_day=5, npi="1999999984").status_code == 200
    assert Practice.objects.get(pk=world.practice.pk).close_day != 5
    decide(world)

    practice = Practice.objects.get(pk=world.practice.pk)
    assert (practice.close_day, practice.npi) == (5, "1999999984")


@pytest.mark.parametrize(
    ("slug", "key", "fields", "message"),
    [
        ("profile", ("", "", "2026-05-01"), {"postal_code": "60601"}, "nine digits"),
        ("profile", ("", "", "2026-05-01"), {"pay_to_street": "PO Box 4"}, "whole pay-to address"),
        ("profile", ("", "", "2026-05-01"), {"location_name": "Lakeside"}, "whole address of the service location"),
        ("profile", ("", "", "2026-05-01"), {"npi": "1999999985"}, "last digit must check"),
        ("profile", ("", "", "2026-05-01"), {"channel": "Nobody"}, "valid choice"),
        ("profile", ("", "", "2026-05-01"), {}, "Nothing is different"),
        ("charge", ("2026-05-01",), {"99454": "-1"}, "more than zero"),
        ("charge", ("2026-05-01",), {"99454": "1e3"}, "more than zero"),
        ("charge", ("2026-05-01",), {"99454": "sNaN"}, "more than zero"),
        ("charge", ("2026-05-01",), {"99454": "65.001"}, "more than zero"),
        ("channel", ("Clearing House One", "2026-05-01"), {"receiver_id": "A*B~"}, "letters, digits"),
        ("place", ("", "99454", "2026-05-01"), {"place": "1"}, "Two digits"),
        ("practice", (), {"npi": "12"}, "ten digits"),
        ("practice", (), {"close_day": 6, "reason": "short"}, "at least 10"),
        ("practice", (), {"close_day": 6, "password": "wrong"}, "not your password"),
    ],
)
def test_a_wrong_change_is_refused_with_a_sentence(world, slug, key, fields, message):
    bill_as(world.practice)
    answer = enter(world, slug, key, **fields)

    assert (answer.status_code, SettingChange.objects.count()) == (422, 0)
    assert message in answer.content.decode()


@pytest.mark.parametrize(
    ("of", "status"),
    [
        ('["","","yesterday"]', 422),
        ('["Nowhere","","2026-05-01"]', 422),
        ("[1]", 404),
        ("x", 404),
        ('["","2026-05-01"]', 404),
        ("{}", 404),
    ],
)
def test_an_address_of_another_form_or_with_an_unknown_name_changes_nothing(world, of, status):
    client = signed_in(world.user("manager"))

    assert client.get(f"{PAGE}/profile/change/", {"of": of}).status_code == status
    assert client.get(f"{PAGE}/nothing/change/").status_code == 404


def test_the_clinic_and_payer_of_another_practice_are_unknown(world):
    Clinic.objects.create(practice=world.other.practice, name="Theirs")
    answer = signed_in(world.user("manager")).get(f"{PAGE}/profile/change/", {"of": '["Theirs","","2026-05-01"]'})

    assert answer.status_code == 422
    assert "choose one of the list" in answer.content.decode()
    assert "Theirs" not in signed_in(world.user("manager")).get(f"{PAGE}/profile/").content.decode()


def test_a_change_is_decided_once_and_only_in_its_practice(world):
    enter(world, "practice", close_day=5)
    change = SettingChange.objects.get()
    assert decide(world.other, change=change).status_code == 404
    assert signed_in(world.user("physician")).post(f"{PAGE}/payer/{change.public_id}/decide/").status_code == 404
    assert decide(world, answer="refuse").status_code == 200
    assert decide(world, change=change).status_code == 422
    assert Practice.objects.get(pk=world.practice.pk).close_day != 5


def test_two_subjects_wait_at_once_and_one_subject_once(world):
    for code in ("99454", "99457"):
        assert enter(world, "place", ("", code, "2026-05-01"), place="12").status_code == 200
    assert enter(world, "place", ("", "99454", "2026-05-01"), place="10").status_code == 422
    page = signed_in(world.user("physician")).get(f"{PAGE}/").content.decode()

    assert "Waiting for a second person: 2" in page
    assert "99454, 2026-05-01" in page


@pytest.mark.parametrize("role", ["admin", "biller", "auditor", "clinical_staff", "qhp"])
def test_only_managers_and_physicians_see_the_billing_settings(world, role):
    client = signed_in(world.user(role))

    assert [client.get(f"{PAGE}/{path}").status_code for path in ("", "profile/", "practice/change/")] == [403] * 3


def test_a_change_that_no_longer_fits_is_not_applied(world):
    bill_as(world.practice)
    enter(world, "profile", ("", "", "2019-01-01"), street="13 Lake Street")
    BillingProfile.objects.update(street="15 Lake Street")
    answer = decide(world)

    assert answer.status_code == 422
    assert "changed in the meantime" in answer.content.decode()
    assert BillingProfile.objects.get().street == "15 Lake Street"


def test_every_kind_is_registered_and_each_has_its_page(world):
    client = signed_in(world.user("manager"))

    assert {kind.name for kind in KINDS} == {"practice", CHARGES.name, *ROW_SETTINGS}
    assert all(client.get(f"{PAGE}/{slug}/").status_code == 200 for slug in (*ROW_SETTINGS, "charge"))
    assert client.get(f"{PAGE}/practice/").status_code == 404
