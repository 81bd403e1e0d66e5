"""Which patient a launch opens: each row of the matching table, with refusals and the person's decision."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from rpm_portal.audit.models import Event
from rpm_portal.fhir.ehr.models import EhrPatient
from rpm_portal.fhir.ehr.patients import read_patient
from tests.builders import a_patient
from tests.fhir.fake_ehr import MRN_SYSTEM, FakeEhr, a_launch, a_link, a_patient_resource

pytestmark = pytest.mark.django_db
How = EhrPatient.How


@pytest.fixture(scope="module")
def server():
    server = FakeEhr()
    yield server
    server.stop()


@pytest.fixture
def ehr(server):
    server.reset()
    return server


@pytest.fixture
def link(world, ehr):
    return a_link(world, ehr.base)


def open_chart(world, link, resource, role="physician", **post):
    """The answer to the address that a launch goes on to, for a member with this role; with `post` their decision."""
    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    launch = a_launch(world, link, user=world.user(role), found=read(link, resource))
    path = f"/ehr/open/{launch.public_id}/"
    answer = client.post(path, post) if post else client.get(path)
    launch.refresh_from_db()
    assert bool(launch.closed_at) == (answer.status_code == 302)
    return answer


def read(link, resource):
    """The patient as a launch reads them from the EHR."""
    server = READ["server"]
    server.add(resource)
    return read_patient(link, resource["id"], token="an-access-token")


READ = {}


@pytest.fixture(autouse=True)
def _server(ehr):
    READ["server"] = ehr


def chart_of(patient):
    return f"/patients/{patient.public_id}/"


def resource_of(patient, **changes):
    return a_patient_resource(patient, **changes)


def other_mrn(value="none-such"):
    return [{"system": MRN_SYSTEM, "value": value}]


def names(family, *given):
    return [{"family": family, "given": list(given)}]


def test_equal_mrn_birth_date_and_family_name_open_the_chart_at_once(world, link):
    answer = open_chart(world, link, resource_of(world.patient))
    assert answer["Location"] == chart_of(world.patient)
    assert EhrPatient.objects.get().how == How.MRN
    event = Event.objects.get(action="bind_ehr_patient")
    assert event.detail == {"how": "mrn", "link": link.public_id}


@pytest.mark.parametrize(
    ("ours", "theirs"), [("Núñez-O'Brien", "NUNEZ OBRIEN"), ("De la Cruz", "Delacruz"), ("Muñoz", "Mun\u0303oz")]
)
def test_case_accents_spaces_and_hyphens_of_a_family_name_do_not_matter(world, link, ours, theirs):
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn="F9", family=ours)
    assert open_chart(world, link, resource_of(patient, name=names(theirs, "X")))["Location"] == chart_of(patient)


@pytest.mark.parametrize(
    "change",
    [
        {"birthDate": "1950-03-03"}, {"birthDate": "1950-03"}, {"birthDate": None}, {"name": names("Other", "Miguel")},
        {"name": []}, {"name": [{"use": "old", "family": "Ortegap"}]}, {"name": [{"family": "", "given": ["Miguel"]}]},
    ],
)  # fmt: skip
def test_an_equal_mrn_with_another_birth_date_or_name_is_decided_by_a_person_with_a_reason(world, link, change):
    resource, patient = resource_of(world.patient, **change), world.patient
    page = open_chart(world, link, resource)
    assert "The two records differ" in page.content.decode()
    assert Event.objects.filter(action="ehr_patient_not_opened", detail__why="differs").exists()
    without = open_chart(world, link, resource, patient=patient.public_id)
    assert (without.status_code, EhrPatient.objects.count()) == (422, 0)
    done = open_chart(world, link, resource, patient=patient.public_id, reason="Card seen, name after marriage")
    assert done["Location"] == chart_of(patient)
    assert EhrPatient.objects.get().how == How.DECIDED


def test_a_person_who_does_not_enroll_cannot_decide_that_two_records_are_one(world, link):
    resource = resource_of(world.patient, birthDate="1950-03-03")
    page = open_chart(world, link, resource, role="biller").content.decode()
    assert "open the chart from the EHR once" in page
    answer = open_chart(world, link, resource, role="biller", patient=world.patient.public_id, reason="same")
    assert (answer.status_code, EhrPatient.objects.count()) == (422, 0)


def test_an_unknown_mrn_with_equal_name_birth_date_and_sex_is_confirmed_by_a_person(world, link):
    resource = resource_of(world.patient, identifier=other_mrn())
    page = open_chart(world, link, resource).content.decode()
    assert "the MRN is not known" in page
    assert f">{world.patient.mrn}<" in page
    assert not EhrPatient.objects.exists()
    assert open_chart(world, link, resource, patient=world.patient.public_id)["Location"] == chart_of(world.patient)
    assert EhrPatient.objects.get().how == How.CONFIRMED


@pytest.mark.parametrize(
    "change",
    [{"gender": "female"}, {"gender": None}, {"birthDate": "1950-03-03"}, {"name": names("Ortegap", "Manuel")}, {"name": names("Ortegap")},
     {"birthDate": "1950-02-30"}, {"identifier": [7, None], "name": "x"}],
)  # fmt: skip
def test_an_unknown_mrn_and_another_name_birth_date_or_sex_shows_no_patient_of_ours(world, link, change):
    resource = resource_of(world.patient, **({"identifier": other_mrn()} | change))
    page = open_chart(world, link, resource).content.decode()
    assert "is not in the portal" in page
    assert f">{world.patient.mrn}<" not in page
    assert "/enrollments/new/" in page
    answer = open_chart(world, link, resource, patient=world.patient.public_id)
    assert (answer.status_code, EhrPatient.objects.count()) == (422, 0)


def test_twins_with_one_name_and_a_patient_of_another_practice_are_not_proposed(world, link):
    a_patient(world.practice, world.user("clinical_staff"), mrn="T1", family="Twin")
    second = a_patient(world.practice, world.user("clinical_staff"), mrn="T2", family="Twin")
    page = open_chart(world, link, resource_of(second, identifier=other_mrn())).content.decode()
    assert "is not in the portal" in page
    stranger = world.other.patient
    page = open_chart(world, link, resource_of(stranger, identifier=other_mrn("Z"))).content.decode()
    assert "is not in the portal" in page


def test_an_mrn_of_another_system_does_not_count(world, link):
    resource = resource_of(world.patient, identifier=[{"system": "urn:x", "value": world.patient.mrn}], gender="female")
    assert "is not in the portal" in open_chart(world, link, resource).content.decode()


def test_a_merged_patient_opens_the_record_that_replaced_it_here_and_there(world, link, ehr):
    nurse = world.user("clinical_staff")
    old = a_patient(world.practice, nurse, mrn="M1", family="Merged")
    new = a_patient(world.practice, nurse, mrn="M2", family="Merged")
    type(old).objects.filter(pk=old.pk).update(merged_into=new)
    assert open_chart(world, link, resource_of(old, own="p-7"))["Location"] == chart_of(new)
    ehr.add(resource_of(world.patient, own="p-9"))
    replaced = resource_of(new, own="p-8", link=[{"type": "replaced-by", "other": {"reference": "Patient/p-9"}}])
    assert open_chart(world, link, replaced)["Location"] == chart_of(world.patient)
    assert sorted(EhrPatient.objects.values_list("ehr_id", flat=True)) == ["p-7", "p-9"]


def test_a_bound_patient_opens_without_mrn_and_is_asked_again_for_another_birth_date(world, link):
    open_chart(world, link, resource_of(world.patient))
    changed = resource_of(world.patient, identifier=[], name=names("Newname", "X"))
    assert open_chart(world, link, changed)["Location"] == chart_of(world.patient)
    page = open_chart(world, link, changed | {"birthDate": date(1960, 1, 1).isoformat()})
    assert "The two records differ" in page.content.decode()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(403, "The EHR answered 403."), (404, "The EHR answered 404."), (500, "The EHR answered 500.")],
)
def test_a_patient_that_cannot_be_read_opens_no_chart_and_names_the_status(world, link, ehr, status, sentence):
    ehr.statuses = {"/r4/Patient/p-1": (status, {})}
    page = open_chart(world, link, resource_of(world.patient)).content.decode()
    assert sentence in page
    assert "/patients/" in page


def test_a_launch_opens_only_for_its_person_once_and_for_ten_minutes(world, link, pinned_day):
    found = read(link, resource_of(world.patient))
    launch = a_launch(world, link, found=found)
    path = f"/ehr/open/{launch.public_id}/"
    clients = {}
    for role in ("physician", "clinical_staff"):
        clients[role] = Client()
        clients[role].force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    assert clients["clinical_staff"].get(path).status_code == 422, "another person"
    assert clients["physician"].get(path).status_code == 302
    assert clients["physician"].get(path).status_code == 422, "used"
    late = a_launch(world, link, found=found)
    pinned_day.shift(timedelta(minutes=10, seconds=1))
    assert clients["physician"].get(f"/ehr/open/{late.public_id}/").status_code == 422, "late"
    stranger = Client()
    stranger.force_login(world.other.user("physician"), backend="rpm_portal.accounts.backends.PortalBackend")
    assert stranger.get(path).status_code == 404, "another practice"


def test_text_of_the_ehr_is_shown_as_text(world, link):
    resource = resource_of(world.patient, name=names("<script>alert(1)</script>", "x"), identifier=other_mrn("<b>"))
    page = open_chart(world, link, resource).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page


def test_launches_of_today_are_not_mixed_up(world, link):
    """Two patients of one EHR: the patient is in the address, not in the session."""
    other = a_patient(world.practice, world.user("clinical_staff"), mrn="B7", family="Second")
    first = open_chart(world, link, resource_of(world.patient))
    second = open_chart(world, link, resource_of(other, own="p-2"))
    assert (first["Location"], second["Location"]) == (chart_of(world.patient), chart_of(other))
    assert timezone.now() >= EhrPatient.objects.latest("at").at
