"""The settings page of EHR links, with step-up and audit, and `manage.py ehr_check`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from rpm_portal.audit.models import Event
from rpm_portal.fhir.ehr.models import LAUNCH_SCOPES, NPI_SYSTEM, EhrLink, EhrUser
from tests.builders import PASSWORD
from tests.fhir.fake_ehr import CLIENT, MRN_SYSTEM, SECRET, FakeEhr, a_link

pytestmark = pytest.mark.django_db
FORM = {
    "name": "Harbor EHR", "fhir_base": "https://fhir.harbor.example/r4", "client_id": CLIENT, "client_secret": SECRET,
    "scopes": LAUNCH_SCOPES, "mrn_system": MRN_SYSTEM, "npi_system": NPI_SYSTEM, "is_on": "on", "password": PASSWORD,
    "email_domains": "harbor.example, clinic.example",
}  # fmt: skip


@pytest.fixture(scope="module")
def server():
    server = FakeEhr()
    yield server
    server.stop()


@pytest.fixture
def admin(world):
    client = Client()
    client.force_login(world.user("admin"), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def test_an_administrator_registers_an_ehr_and_sees_the_addresses_for_it(world, admin):
    page = admin.post(reverse("ehr:links"), FORM)

    row, shown = EhrLink.objects.get(), page.content.decode()
    assert page.status_code == 200
    assert (row.practice, row.is_on, row.client_secret) == (world.practice, True, SECRET)
    assert row.email_domains == ["harbor.example", "clinic.example"]
    for name in ("launch", "back", "start"):
        assert f"http://testserver/ehr/{name}/{row.public_id}/" in shown
    assert SECRET not in shown
    assert Event.objects.get(action="register_ehr_link").detail == {"is_on": True}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"password": "wrong"}, "not your password"), ({"password": ""}, "Enter your password"), ({"name": ""}, "marked fields"),
        ({"fhir_base": "http://fhir.harbor.example"}, "must begin with https"), ({"fhir_base": "https://10.0.0.1/r4"}, "public host name"),
        ({"fhir_base": "https://fhir.harbor.example/r4?x=1"}, "without a name"), ({"mrn_system": ""}, "marked fields"),
        ({"client_id": ""}, "marked fields"), ({"email_domains": "harbor"}, "marked fields"), ({"scopes": ""}, "marked fields"),
    ],
)  # fmt: skip
def test_an_invalid_link_is_refused_with_what_to_do(admin, change, sentence):
    page = admin.post(reverse("ehr:links"), FORM | change)

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert not EhrLink.objects.exists()


def test_a_name_or_address_is_used_once_in_a_practice(world, admin):
    a_link(world, FORM["fhir_base"])
    for change in ({"name": "Another"}, {"fhir_base": "https://another.example/r4"}):
        page = admin.post(reverse("ehr:links"), FORM | change)
        assert (page.status_code, EhrLink.objects.count()) == (422, 1)
    a_link(world.other, FORM["fhir_base"])
    assert EhrLink.objects.count() == 2


def test_a_change_keeps_address_and_secret_and_records_which_fields_changed(world, admin):
    row = a_link(world)
    form = {name: value for name, value in FORM.items() if name not in {"client_secret", "is_on"}}
    page = admin.post(reverse("ehr:link", args=[row.public_id]), form | {"fhir_base": "https://evil.example/r4"})

    assert page.status_code == 200
    row.refresh_from_db()
    assert (row.fhir_base, row.client_secret, row.is_on) == ("https://ehr.example/r4", SECRET, False)
    event = Event.objects.get(action="change_ehr_link")
    assert event.detail == {"changed": ["email_domains", "is_on"], "is_on": False}
    admin.post(reverse("ehr:link", args=[row.public_id]), form | {"has_no_secret": "on"})
    row.refresh_from_db()
    assert row.client_secret == ""


def test_a_change_without_the_password_changes_nothing(world, admin):
    row = a_link(world)
    page = admin.post(reverse("ehr:link", args=[row.public_id]), FORM | {"password": "wrong", "client_id": "x"})
    row.refresh_from_db()
    assert (page.status_code, row.client_id) == (422, CLIENT)


def test_an_account_is_removed_only_by_its_own_practice_with_the_password(world, admin):
    row, other = a_link(world), a_link(world.other)
    accounts = [
        EhrUser.objects.create(
            practice=of.practice, link=link, sub="s", fhir_user="x", user=of.user("physician"), bound_at=timezone.now()
        )
        for of, link in ((world, row), (world.other, other))
    ]
    path = reverse("ehr:remove_account", args=[row.public_id])
    for data in (
        {"account": accounts[0].pk}, {"account": accounts[1].pk, "password": PASSWORD}, {"account": "x", "password": PASSWORD},
        {"account": "9" * 30, "password": PASSWORD},
    ):  # fmt: skip
        assert admin.post(path, data).status_code == 422
    assert EhrUser.objects.count() == 2
    assert str(world.user("physician")) in admin.get(reverse("ehr:link", args=[row.public_id])).content.decode()
    assert admin.post(path, {"account": accounts[0].pk, "password": PASSWORD}).status_code == 200
    assert list(EhrUser.objects.all()) == [accounts[1]]
    assert Event.objects.filter(practice=world.practice, action="unbind_ehr_user").exists()


def check(link):
    """The lines of `manage.py ehr_check` and whether it found something."""
    out = StringIO()
    try:
        call_command("ehr_check", link, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def test_the_check_finds_nothing_wrong_at_a_complete_ehr(world, server):
    server.reset()
    out, error = check(a_link(world, server.base).public_id)
    assert error == ""
    assert "nothing is wrong" in out


def test_the_check_names_each_problem_in_one_sentence(world, server):
    server.reset()
    server.configuration = {"capabilities": ["launch-ehr"]}
    server.published = []
    server.statuses = {"/r4/metadata": (404, {})}
    link = a_link(world, server.base, is_on=False, scopes="launch openid", client_secret="")
    out, error = check(link.public_id)
    assert "7 found" in error
    assert len(out.splitlines()) == 7
    for part in (
        "switched off",
        "sso-openid-connect",
        "context-ehr-patient",
        "client-public",
        "lack fhirUser",
        "no key",
        "answered 404",
    ):
        assert part in out, part


def test_the_check_stops_where_the_configuration_cannot_be_read(world, server):
    server.reset()
    server.statuses = {"/r4/.well-known/smart-configuration": (404, {})}
    out, error = check(a_link(world, server.base).public_id)
    assert out.splitlines()[0].startswith("smart-configuration: The EHR answered 404.")
    assert error
    assert "no EHR link" in check("nothing")[1]
