"""Launches from an EHR against a fake EHR: who is signed in, each refusal with its sentence and audit event."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import connection
from django.test import Client
from django.utils import timezone

from rpm_portal.accounts.models import Membership, SecondFactor
from rpm_portal.audit.models import Event
from rpm_portal.core.access import Role
from rpm_portal.fhir.ehr.models import EhrLaunch, EhrLink, EhrPatient, EhrUser
from rpm_portal.fhir.ehr.tasks import delete_old_launches
from rpm_portal.fhir.ehr.views import launch as launch_views
from tests.builders import PASSWORD
from tests.fhir.fake_ehr import SECRET, FakeEhr, a_link, a_patient_resource

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server():
    server = FakeEhr()
    yield server
    server.stop()


@pytest.fixture
def ehr(server, world):
    server.reset()
    server.add(a_patient_resource(world.patient))
    server.sign_in(world.members["physician"])
    return server


@pytest.fixture
def link(world, ehr):
    return a_link(world, ehr.base)


def begin(link, ehr, client, query=None):
    """The answer to the launch address."""
    return client.get(f"/ehr/launch/{link.public_id}/?{query if query is not None else ehr.open_chart()}")


def come_back(link, ehr, client=None):
    """Launch, and follow the EHR's redirect back: the browser and the portal's answer."""
    client = client or Client()
    away = begin(link, ehr, client)
    assert away.status_code == 302, away.content
    return client, client.get(ehr.authorize(away["Location"]))


def bind(link, member, sub="sub-1"):
    """The account is bound to a person already."""
    return EhrUser.objects.create(
        practice=link.practice, link=link, sub=sub, fhir_user="x", user=member.user, bound_at=timezone.now()
    )


def reasons(link):
    """The codes of the refusals in the audit."""
    rows = Event.objects.filter(practice=link.practice, action="ehr_launch_refused").order_by("number")
    return [row.detail["why"] for row in rows]


def follow(client, answer):
    """Follow the redirects inside the portal."""
    for _ in range(5):
        if answer.status_code != 302:
            return answer
        answer = client.get(answer["Location"])
    raise AssertionError(answer["Location"])


def test_the_first_launch_asks_for_the_password_once_and_opens_the_chart(world, ehr, link):
    client, answer = come_back(link, ehr)
    page = client.get(answer["Location"])
    assert str(world.user("physician")) in page.content.decode()
    assert client.get("/patients/").status_code == 302, "not signed in before the password"

    wrong = client.post(answer["Location"], {"password": "wrong"})
    assert wrong.status_code == 422
    assert "This is not your password" in wrong.content.decode()
    assert not EhrUser.objects.exists()

    done = client.post(answer["Location"], {"password": PASSWORD})
    chart = follow(client, done)
    assert world.patient.family_name.upper() in chart.content.decode()
    assert EhrUser.objects.get().user == world.user("physician")
    assert EhrPatient.objects.get().how == EhrPatient.How.MRN
    actions = set(Event.objects.filter(practice=world.practice).values_list("action", flat=True))
    assert {"bind_ehr_user", "sign_in", "bind_ehr_patient", "signature_refused"} <= actions
    assert Event.objects.filter(action="sign_in").latest("pk").detail == {"by": "the EHR"}

    later, answer = come_back(link, ehr)
    assert answer["Location"].startswith("/ehr/open/")
    assert later.get(answer["Location"])["Location"] == f"/patients/{world.patient.public_id}/"


def test_nothing_of_a_launch_stays_in_clear_text(world, ehr, link):
    bind(link, world.members["physician"])
    client, answer = come_back(link, ehr)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_to_json(r)::text FROM ehr_ehrlaunch r UNION SELECT row_to_json(l)::text FROM ehr_ehrlink l"
        )
        stored = "".join(row for (row,) in cursor.fetchall())
    for secret in (SECRET, world.patient.family_name, "1950-03-02", "an-access-token"):
        assert secret not in stored
    assert EhrLaunch.objects.get().found["born_on"] == "1950-03-02"
    client.get(answer["Location"])
    assert EhrLaunch.objects.get().found == {}
    shown = "".join(str(row.detail) + row.subject for row in Event.objects.filter(action__contains="ehr"))
    assert world.patient.family_name not in shown
    assert "1950" not in shown


def test_the_session_is_new_and_opens_only_this_practice(world, ehr, link):
    doctor = world.members["physician"]
    today = timezone.now().date()
    Membership.objects.create(practice=world.other.practice, user=doctor.user, role=Role.MANAGER, starts_on=today)
    bind(link, doctor)
    client = Client()
    begin(link, ehr, client)
    before = client.session.session_key
    client, answer = come_back(link, ehr, client)
    assert client.session.session_key != before
    follow(client, answer)
    assert world.other.practice.name not in client.get("/").content.decode()
    assert client.post("/practice/switch/", {"practice": world.other.practice.public_id}).status_code == 404
    for path in ("/admin/", "/accounts/password/change/", "/accounts/2fa/totp/activate/"):
        assert client.get(path).status_code == 403, path
    assert not Event.objects.filter(practice=world.other.practice, action="sign_in").exists()
    EhrLink.objects.update(is_on=False)
    assert client.get("/").status_code == 403, "switched off, its sessions end"


def test_a_launch_without_a_patient_opens_the_worklist(world, ehr, link):
    bind(link, world.members["physician"])
    ehr.answer = {"patient": None}
    client, answer = come_back(link, ehr)
    assert client.get(answer["Location"])["Location"] == "/"


def test_a_launch_from_outside_the_ehr_asks_for_the_patient(world, ehr, link):
    bind(link, world.members["physician"])
    client = Client()
    away = client.get(f"/ehr/start/{link.public_id}/")
    query = parse_qs(urlsplit(away["Location"]).query)
    assert "launch/patient" in query["scope"][0].split()
    assert "launch" not in query
    chart = follow(client, client.get(ehr.authorize(away["Location"])))
    assert chart.status_code == 200


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "ES384"])
def test_each_usual_signature_is_accepted(world, ehr, link, algorithm):
    bind(link, world.members["physician"])
    ehr.algorithm = algorithm
    _, answer = come_back(link, ehr)
    assert answer["Location"].startswith("/ehr/open/"), answer.content


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("iss=https://evil.example/r4&launch=x", "wrong_iss"), ("launch=x", "wrong_iss"), ("iss={base}", "no_launch"),
        ("iss={base}&launch=", "no_launch"), ("iss={base}//&launch=x", "wrong_iss"), (f"iss={{base}}&launch={'x' * 2001}", "no_launch"),
        (f"iss={{base}}{'x' * 2001}&launch=x", "wrong_iss"),
    ],
)  # fmt: skip
def test_a_foreign_or_incomplete_launch_is_refused_and_nothing_is_requested(ehr, link, query, why):
    answer = begin(link, ehr, Client(), query.format(base=ehr.base))
    assert answer.status_code == 400
    assert "The chart was not opened" in answer.content.decode()
    assert reasons(link) == [why]
    assert ehr.asked == []
    assert not EhrLaunch.objects.exists()


def test_the_address_is_equal_with_a_last_slash_and_reaches_the_ehr_as_it_came(ehr, link):
    away = begin(link, ehr, Client(), f"iss={ehr.base}/&launch=x")
    assert parse_qs(urlsplit(away["Location"]).query)["aud"] == [f"{ehr.base}/"]


def test_an_unknown_link_is_not_found_and_one_that_is_off_is_refused(world, ehr, link):
    assert Client().get("/ehr/launch/nothing/?iss=x&launch=y").status_code == 404
    client = Client()
    away = begin(link, ehr, client)
    back = ehr.authorize(away["Location"])
    EhrLink.objects.update(is_on=False)
    assert begin(link, ehr, Client()).status_code == 403
    assert client.get(back).status_code == 403, "switched off in the middle of a launch"
    assert reasons(link) == ["link_off", "link_off"]


def test_a_launch_inside_a_frame_is_refused(ehr, link):
    answer = Client().get(f"/ehr/launch/{link.public_id}/?{ehr.open_chart()}", headers={"Sec-Fetch-Dest": "iframe"})
    assert answer.status_code == 400
    assert reasons(link) == ["in_frame"]
    assert ehr.asked == []


def test_launches_and_refusals_are_limited_by_the_minute(ehr, link, monkeypatch):
    over = {"ehr-launch"}
    monkeypatch.setattr(launch_views, "is_within_limit", lambda name, **_: name.partition(":")[0] not in over)
    assert begin(link, ehr, Client()).status_code == 429
    assert reasons(link) == ["too_many"]
    over.add("ehr-refused")
    assert begin(link, ehr, Client()).status_code == 429
    assert reasons(link) == ["too_many"], "the audit does not grow without end"
    assert ehr.asked == []


@pytest.mark.parametrize(
    ("path", "fixed", "why"),
    [
        ("/r4/.well-known/smart-configuration", (503, {}), "status_503"),
        ("/r4/.well-known/smart-configuration", (302, "http://127.0.0.1:1/"), "redirect"),
        ("/r4/.well-known/smart-configuration", (200, b"<html>"), "not_json"),
        ("/r4/.well-known/smart-configuration", (200, [1]), "not_json"),
        ("/r4/.well-known/smart-configuration", (200, b"[" * 262_145), "too_large"),
        ("/r4/.well-known/smart-configuration", (200, b"[" * 100_000), "not_json"),
    ],
)
def test_an_ehr_that_answers_wrongly_is_refused_with_a_sentence(ehr, link, path, fixed, why):
    ehr.statuses = {path: fixed}
    answer = begin(link, ehr, Client())
    assert answer.status_code == 502
    assert "ask your administrator" in answer.content.decode()
    assert reasons(link) == [why]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"code_challenge_methods_supported": ["plain"]}, "no_s256"), ({"code_challenge_methods_supported": None}, "no_s256"),
        ({"authorization_endpoint": None}, "no_authorization_endpoint"), ({"token_endpoint": 7}, "no_token_endpoint"),
        ({"jwks_uri": ""}, "no_jwks_uri"), ({"token_endpoint": "http://ehr.example/token"}, "address"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "address"), ({"jwks_uri": "file:///etc/passwd"}, "address"),
    ],
)  # fmt: skip
def test_a_configuration_that_is_unsafe_or_incomplete_is_refused(ehr, link, change, why):
    ehr.configuration = change
    assert begin(link, ehr, Client()).status_code == 502
    assert reasons(link) == [why]


def test_an_ehr_that_is_away_or_in_an_internal_network_is_refused(world, ehr, link, settings):
    EhrLink.objects.update(fhir_base="http://127.0.0.1:1/r4")
    assert begin(link, ehr, Client(), "iss=http://127.0.0.1:1/r4&launch=x").status_code == 502
    settings.EHR_ON_THIS_MACHINE = False
    assert begin(link, ehr, Client(), "iss=http://127.0.0.1:1/r4&launch=x").status_code == 502
    EhrLink.objects.update(fhir_base="https://10.1.2.3/r4")
    assert begin(link, ehr, Client(), "iss=https://10.1.2.3/r4&launch=x").status_code == 502
    assert reasons(link) == ["no_answer", "address", "address"]


def test_the_configuration_and_the_keys_are_read_once_an_hour(world, ehr, link, pinned_day):
    bind(link, world.members["physician"])
    for _ in range(2):
        come_back(link, ehr)
    assert [path for path in ehr.asked if "well-known" in path or path == "/keys"] == [
        "/r4/.well-known/smart-configuration", "/keys",
    ]  # fmt: skip
    pinned_day.shift(timedelta(minutes=61))
    come_back(link, ehr)
    assert len([path for path in ehr.asked if "well-known" in path or path == "/keys"]) == 4


def test_a_state_works_once_for_its_browser_and_link_and_for_ten_minutes(world, ehr, link, pinned_day):
    bind(link, world.members["physician"])
    client = Client()
    back = ehr.authorize(begin(link, ehr, client)["Location"])
    assert Client().get(back).status_code == 400, "another browser"
    other = a_link(world, "https://other.example/r4", name="Other")
    assert client.get(back.replace(link.public_id, other.public_id)).status_code == 400, "another link"
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 400, "used"
    late = Client()
    back = ehr.authorize(begin(link, ehr, late)["Location"])
    pinned_day.shift(timedelta(minutes=10, seconds=1))
    assert late.get(back).status_code == 400, "late"
    assert late.get(f"/ehr/back/{link.public_id}/").status_code == 400, "no state"
    assert reasons(link) == ["unknown_state", "unknown_state", "state_used", "state_expired", "unknown_state"]


def test_a_code_that_was_used_or_refused_signs_nobody_in(world, ehr, link):
    bind(link, world.members["physician"])
    client = Client()
    back = ehr.authorize(begin(link, ehr, client)["Location"])
    ehr.codes.clear()
    assert client.get(back).status_code == 502
    client = Client()
    back = ehr.authorize(begin(link, ehr, client)["Location"])
    assert client.get(back.replace("code=", "error=access_denied&x=")).status_code == 403
    assert reasons(link) == ["status_400", "no_code"]
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"aud": "another-program"}, "wrong_audience"), ({"aud": ["rpm-portal", "x"]}, "wrong_audience"),
        ({"iss": "https://evil.example"}, "wrong_issuer"), ({"exp": 1}, "expired"), ({"nonce": "another"}, "wrong_nonce"),
        ({"nonce": None}, "wrong_nonce"), ({"exp": None}, "invalid_token"), ({"aud": None}, "invalid_token"),
        ({"sub": None}, "invalid_token"), ({"sub": "x" * 256}, "no_sub"),
        ({"fhirUser": "{base}/Patient/p-1"}, "not_a_practitioner"), ({"fhirUser": None}, "not_a_practitioner"),
        ({"fhirUser": "https://evil.example/Practitioner/1"}, "not_a_practitioner"), ({"fhirUser": "{base}/RelatedPerson/1"}, "not_a_practitioner"),
        ({"fhirUser": "{base}/Practitioner/../Patient/1"}, "not_a_practitioner"),
    ],
)  # fmt: skip
def test_an_identity_that_is_not_ours_or_not_valid_is_refused(world, ehr, link, change, why):
    bind(link, world.members["physician"])
    ehr.claims |= {name: v.format(base=ehr.base) if isinstance(v, str) else v for name, v in change.items()}
    client, answer = come_back(link, ehr)
    assert answer.status_code == 403
    assert reasons(link) == [why]
    assert client.get("/").status_code == 302


def test_an_expired_identity_is_accepted_for_a_minute_only(world, ehr, link, still_clock):
    bind(link, world.members["physician"])
    now = int(timezone.now().timestamp())
    for age, status in ((59, 302), (60, 403)):
        ehr.claims |= {"exp": now - age}
        assert come_back(link, ehr)[1].status_code == status, age


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"algorithm": "none"}, "wrong_algorithm"), ({"algorithm": "HS256"}, "wrong_algorithm"), ({"algorithm": "RS512"}, "wrong_algorithm"),
        ({"algorithm": "PS256"}, "wrong_algorithm"), ({"kid": "k9"}, "unknown_key"), ({"kid": ""}, "unknown_key"),
    ],
)  # fmt: skip
def test_an_unsigned_or_unknown_signature_is_refused(world, ehr, link, fault, why, monkeypatch):
    bind(link, world.members["physician"])
    for name, value in fault.items():
        setattr(ehr, name, value)
    if fault.get("algorithm") == "none":
        monkeypatch.setattr(
            ehr, "id_token", lambda nonce: jwt.encode({**ehr.claims, "nonce": nonce}, None, algorithm="none")
        )
    _, answer = come_back(link, ehr)
    assert (answer.status_code, reasons(link)) == (403, [why])


def test_a_token_of_another_key_with_a_known_kid_is_refused(world, ehr, link):
    bind(link, world.members["physician"])
    come_back(link, ehr)
    right, ehr.rsa = ehr.rsa, rsa.generate_private_key(public_exponent=65537, key_size=2048)
    try:
        _, answer = come_back(link, ehr)
    finally:
        ehr.rsa = right
    assert (answer.status_code, reasons(link)) == (403, ["invalid_token"])


def test_a_new_key_of_the_ehr_is_read_at_once(world, ehr, link):
    bind(link, world.members["physician"])
    come_back(link, ehr)
    ehr.kid, ehr.published = "k2", ["k1", "k2"]
    _, answer = come_back(link, ehr)
    assert answer["Location"].startswith("/ehr/open/")


@pytest.mark.parametrize(
    ("change", "why"),
    [({"id_token": None}, "no_id_token"), ({"access_token": None}, "no_access_token"), ({"token_type": "mac"}, "no_access_token"),
     ({"id_token": "x.y"}, "unreadable")],
)  # fmt: skip
def test_an_incomplete_token_answer_is_refused(world, ehr, link, change, why):
    bind(link, world.members["physician"])
    ehr.answer = change
    come_back(link, ehr)
    assert reasons(link) == [why]


def test_a_person_without_a_role_or_of_another_practice_is_refused(world, ehr, link, pinned_day):
    ehr.sign_in(world.other.members["physician"])
    ehr.resources["Practitioner/dr-1"]["identifier"][0]["value"] = "1000000491"
    _, answer = come_back(link, ehr)
    assert "Nobody with your NPI or e-mail address has a role" in answer.content.decode()
    ehr.sign_in(world.members["physician"])
    bind(link, world.members["physician"])
    Membership.objects.filter(pk=world.members["physician"].pk).update(
        ends_on=timezone.now().date() - timedelta(days=2)
    )
    _, answer = come_back(link, ehr)
    assert "You have no role in this practice today" in answer.content.decode()
    assert reasons(link) == ["person_not_found", "no_role"]
    assert reasons(a_link(world.other, ehr.base)) == []


def test_a_person_without_an_npi_is_found_by_a_verified_address_of_the_practices_domain(world, ehr, link):
    nurse = world.members["clinical_staff"]
    ehr.sign_in(nurse)
    ehr.claims |= {"email": nurse.user.email.upper(), "email_verified": True}
    assert come_back(link, ehr)[1].status_code == 403, "the link names no domain"
    link.email_domains = [nurse.user.email.rpartition("@")[2]]
    link.save()
    _, answer = come_back(link, ehr)
    assert answer["Location"].startswith("/ehr/person/")
    ehr.claims |= {"email_verified": False}
    assert come_back(link, ehr)[1].status_code == 403, "not verified"


def test_a_second_account_is_not_bound_to_the_same_person(world, ehr, link):
    bind(link, world.members["physician"], sub="another")
    client, answer = come_back(link, ehr)
    done = client.post(answer["Location"], {"password": PASSWORD})
    assert done.status_code == 403
    assert "bound to you already" in done.content.decode()
    assert client.get("/").status_code == 302


def test_five_wrong_passwords_lock_the_confirmation(world, ehr, link):
    client, answer = come_back(link, ehr)
    for _ in range(5):
        client.post(answer["Location"], {"password": "wrong"})
    locked = client.post(answer["Location"], {"password": PASSWORD})
    assert locked.status_code == 422
    assert "Too many wrong passwords" in locked.content.decode()
    assert not EhrUser.objects.exists()


def test_the_session_of_another_person_ends_only_after_a_page_that_names_both(world, ehr, link):
    bind(link, world.members["physician"])
    client = Client()
    client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
    client, answer = come_back(link, ehr, client)
    page = client.get(answer["Location"]).content.decode()
    assert str(world.user("clinical_staff")) in page
    assert str(world.user("physician")) in page
    assert client.session["_auth_user_id"] == str(world.user("clinical_staff").pk)
    follow(client, client.post(answer["Location"]))
    assert client.session["_auth_user_id"] == str(world.user("physician").pk)


def test_the_confirmation_page_is_of_the_browser_that_launched(world, ehr, link, pinned_day):
    client, answer = come_back(link, ehr)
    assert Client().get(answer["Location"]).status_code == 404
    pinned_day.shift(timedelta(minutes=11))
    assert client.post(answer["Location"], {"password": PASSWORD}).status_code == 404


def test_a_second_factor_is_asked_and_the_ehrs_counts_only_where_the_link_says_so(world, ehr, link, code_of):
    doctor = world.members["physician"]
    bind(link, doctor)
    world.practice.second_factor = SecondFactor.EVERYBODY
    world.practice.save()
    ehr.claims |= {"amr": ["pwd", "mfa"]}
    client, answer = come_back(link, ehr)
    assert client.get(answer["Location"]).status_code == 403
    link.vouches_for_factor = True
    link.save()
    client, answer = come_back(link, ehr)
    assert client.get(answer["Location"]).status_code == 302
    ehr.claims |= {"amr": ["pwd"]}
    client, answer = come_back(link, ehr)
    assert client.get(answer["Location"]).status_code == 403
    secret = generate_totp_secret()
    TOTP.activate(doctor.user, secret)
    client, answer = come_back(link, ehr)
    assert "/2fa/authenticate/" in answer["Location"]
    assert client.get("/").status_code == 302
    done = client.post(answer["Location"], {"code": code_of(secret)})
    assert follow(client, done).status_code == 200
    assert EhrPatient.objects.exists()
    # A further launch of the same person in the same browser asks for nothing.
    _, again = come_back(link, ehr, client)
    assert again["Location"].startswith("/ehr/open/")


def test_old_launches_are_deleted_with_what_the_ehr_sent(world, ehr, link, pinned_day):
    bind(link, world.members["physician"])
    come_back(link, ehr)
    pinned_day.shift(timedelta(minutes=11))
    assert delete_old_launches() == 0
    row = EhrLaunch.objects.get()
    assert (row.found, row.verifier) == ({}, "")
    pinned_day.shift(timedelta(days=1, minutes=1))
    assert delete_old_launches() == 1
