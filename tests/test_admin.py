"""The Django admin: reference data is edited there, with an audit event; patients, time and claims are not there."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import reverse

from billing.models import PayerPolicy
from enrollment.models import Clinic, ConsentScript, DiagnosisCode, Enrollment, Patient, Payer
from monitoring.alerts.limits import add_conditions
from monitoring.models import ConditionTemplate
from rpm_portal.accounts.audited_admin import AuditedAdmin
from rpm_portal.accounts.models import Membership, User
from rpm_portal.audit.models import Event
from rpm_portal.audit.services import first_broken_link
from tests.builders import PASSWORD
from tests.test_access import METHODS_KEY, in_admin, signed_in
from timetracking.models import ActivityName
from timetracking.queries import activities_of

EDITABLE = {
    "devicemodel", "device", "consentscript", "membership", "user",
    "clinic", "conditiontemplate", "activityname", "calltemplate", "messagetemplate", "watch", "singlesignon", "formmargins",
}  # fmt: skip
# Models that can be added: the values typed into an empty form, by model label. `{name}` is a row of the test data.
ADDED = {
    "accounts.user": {"email": "New.Person@Example.com", "given_name": "New", "family_name": "Person"},
    "accounts.singlesignon": {
        "issuer": "https://login.harbor.example", "client_id": "x", "client_secret": "y", "domains": "harbor.example",
    },
    "enrollment.devicemodel": {"name": "A new cuff", "measures": "blood_pressure"},
    "enrollment.device": {"serial": "NEW-1", "state": "stock", "model": "{cuff}"},
    "enrollment.clinic": {"name": "A new clinic"},
    "enrollment.consentscript": {"program": "RPM", "language": "en", "version": "77", "text": "Words."},
    "monitoring.conditiontemplate": {"name": "New", "goals": "x", "limits": "[]", "rules": "[]"},
    "monitoring.watch": {
        "first": "{nurse}", "backup": "{manager}", "on_call": "{physician}", "critical_minutes": 15,
        "high_minutes": 240, "low_minutes": 1440, "silent_days": 3,
    },
    "timetracking.activityname": {"activity": "review", "label": "Looking at values"},
    "timetracking.calltemplate": {"title": "New", "text": "Words."},
    "timetracking.messagetemplate": {"title": "New", "text_en": "Words.", "text_es": "Palabras."},
    "billing.formmargins": {"left": 20, "top": 20},
}  # fmt: skip
# Rows of packages and of the sign-in: read-only, and some of them can be deleted.
READ_ONLY = {"axes.accessattempt", "mfa.authenticator", "usersessions.usersession", "socialaccount.socialaccount"}


@pytest.fixture
def boss(world):
    User.objects.create_superuser("boss@example.com", PASSWORD, given_name="Bo", family_name="Ss")
    return in_admin(User.objects.get(email="boss@example.com"))


def product_models():
    labels = {"accounts", "enrollment", "monitoring", "timetracking", "billing"}
    return {model: site for model, site in admin.site._registry.items() if model._meta.app_label in labels}


def test_only_reference_data_can_be_changed_and_nothing_deleted(boss):
    request = RequestFactory().get("/admin/")
    request.user = User.objects.get(email="boss@example.com")
    for model, site in product_models().items():
        assert not site.has_delete_permission(request), model
        assert site.has_change_permission(request) == (model._meta.model_name in EDITABLE), model


@pytest.mark.slow
def test_every_page_of_the_admin_opens(boss, world):
    for model in product_models():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        assert boss.get(reverse(f"admin:{name}_changelist")).status_code == 200, name
        row = model._default_manager.first()
        if row is not None:
            assert boss.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200, name


def test_a_release_of_codes_is_uploaded_or_refused_by_line(boss):
    address = reverse("admin:enrollment_diagnosiscode_release")

    def upload(body):
        return boss.post(address, {"file": SimpleUploadedFile("c.csv", body), "valid_from": "2026-10-01"})

    assert upload(b"code,description,billable\nI10,Hypertension,yes\n").status_code == 302
    assert b"line 2" in upload(b"code,description,billable\n10,x,yes\n").content
    assert b"not UTF-8" in upload("code,description,billable\nI10,Núñez,yes\n".encode("cp1252")).content
    assert list(DiagnosisCode.objects.values_list("code", flat=True)) == ["I10"]


def test_the_text_of_a_script_does_not_change_after_it_is_saved(boss, world):
    script = ConsentScript.objects.filter(practice=world.practice).first()
    address = reverse("admin:enrollment_consentscript_change", args=[script.pk])
    boss.post(address, {"text": "other words", "in_use": ""})
    before, script = script.text, ConsentScript.objects.get(pk=script.pk)

    assert (script.text, script.in_use) == (before, False)


@pytest.mark.parametrize(
    ("limits", "accepted"),
    [
        ('[{"metric": "weight", "high": 90}]', True),
        ('[{"metric": "weight", "high": 90, "low": 95}]', False),
        ('[{"metric": "mood", "high": 9}]', False),
        ('[{"metric": "weight", "tall": 9}]', False),
        ('{"metric": "weight"}', False),
        ('[{"metric": "weight", "high": "x"}]', False),
        ("[7]", False),
    ],
)
def test_a_template_with_impossible_limits_is_refused(boss, world, limits, accepted):
    add_conditions(practice=world.practice, by=None)
    row = ConditionTemplate.objects.get(practice=world.practice, name="Heart failure")
    address = reverse("admin:monitoring_conditiontemplate_change", args=[row.pk])
    answer = boss.post(
        address, {"practice": world.practice.pk, "name": "Heart failure", "goals": "x", "limits": limits}
    )
    row.refresh_from_db()

    assert answer.status_code == (302 if accepted else 200)
    assert (row.goals == "x") is accepted


def test_a_practice_names_its_activities_and_leaves_some_out(world):
    ActivityName.objects.create(practice=world.practice, activity="review", label="Looking at values")
    ActivityName.objects.create(practice=world.practice, activity="admin", label="Office", offered=False)
    own, other = activities_of(world.practice.pk), activities_of(world.other.practice.pk)

    assert ("review", "Looking at values") in own
    assert "admin" not in dict(own)
    assert dict(other)["review"] == "Reviewing readings"


def page_of(model, act, *arguments):
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_{act}", args=arguments)


def typed_into(world, label):
    """The values of the form of a new row, with rows of the test data for foreign keys."""
    rows = {
        "boss": User.objects.get(email="boss@example.com"), "cuff": world.cuff,
        "payer": Payer.objects.get_or_create(practice=world.practice, name="Payer without a policy")[0],
        "nurse": world.members["clinical_staff"], "manager": world.members["manager"],
        "physician": world.members["physician"],
    }  # fmt: skip
    chosen = {f"{{{name}}}": row.pk for name, row in rows.items()}
    return {"practice": world.practice.pk, **{name: chosen.get(value, value) for name, value in ADDED[label].items()}}


def as_shown(page):
    """The data that a browser sends if the form of a change page is saved unchanged."""
    form, data = page.context["adminform"].form, {}
    for field in form:
        value = field.value()
        if value is True:
            data[field.html_name] = "on"
        elif isinstance(value, (list, tuple)) and not field.field.widget.needs_multipart_form:
            data[field.html_name] = field.field.prepare_value(value)
        elif value not in (None, False):
            data[field.html_name] = value
    return data


@pytest.mark.slow
def test_every_registered_model_is_added_and_changed_or_refuses_both(boss, world):
    for model in admin.site._registry:
        label = model._meta.label_lower
        if label in ADDED:
            before = model._default_manager.count()
            if label in {"accounts.singlesignon", "billing.formmargins", "monitoring.watch"}:  # one a practice
                model._default_manager.filter(practice=world.practice).delete()
                before = model._default_manager.count()
            answer = boss.post(
                page_of(model, "add"), as_shown(boss.get(page_of(model, "add"))) | typed_into(world, label)
            )
            assert answer.status_code == 302, (label, answer.context and answer.context["errors"])
            assert model._default_manager.count() == before + 1, label
            row = model._default_manager.latest("pk")
            page = boss.get(page_of(model, "change", row.pk))
            answer = boss.post(page_of(model, "change", row.pk), as_shown(page))
            assert answer.status_code == 302, (label, answer.context and answer.context["errors"])
        else:
            assert label in READ_ONLY or model in product_models(), label
            row = model._default_manager.first()
            assert boss.post(page_of(model, "add"), {}).status_code == 403, label
            if row is not None and label != "accounts.membership":
                assert boss.post(page_of(model, "change", row.pk), {}).status_code == 403, label
    assert set(ADDED) <= {model._meta.label_lower for model in admin.site._registry}


def test_a_wrong_row_gets_a_sentence_and_no_error_page(boss, world):
    """Constraints on a field that the form does not have, or on a field that is itself invalid."""
    page = page_of(Membership, "change", world.members["biller"].pk)
    assert boss.post(page, {"shift_minutes": "-1"}).status_code == 200


def test_nobody_sets_another_persons_password_or_address_in_the_admin(boss, world):
    nurse = world.user("clinical_staff")
    before = (nurse.email, nurse.password)
    address = page_of(User, "change", nurse.pk)
    shown = boss.get(address).content.decode()
    assert 'name="email"' not in shown
    assert "password" not in shown.partition('id="content"')[2].lower()
    data = {"email": "evil@example.com", "password": "x", "given_name": "Nia", "family_name": "N", "is_active": "on"}
    assert boss.post(address, data).status_code == 302
    nurse.refresh_from_db()
    assert (nurse.email, nurse.password, nurse.given_name) == (*before, "Nia")
    boss.post(f"/admin/accounts/user/{nurse.pk}/password/", {"password1": "y" * 12, "password2": "y" * 12})
    assert boss.get("/admin/password_change/").headers["Location"] == "/accounts/password/change/"
    nurse.refresh_from_db()
    assert nurse.password == before[1]


def test_a_person_added_in_the_admin_has_a_lowercase_address_and_no_password(boss, world):
    assert boss.post(page_of(User, "add"), typed_into(world, "accounts.user")).status_code == 302
    person = User.objects.get(email="new.person@example.com")
    assert not person.has_usable_password()
    again = boss.post(page_of(User, "add"), {"email": "NEW.PERSON@example.com", "given_name": "A", "family_name": "B"})
    assert again.status_code == 200
    assert User.objects.filter(email__iexact="new.person@example.com").count() == 1


def test_a_session_deleted_in_the_admin_has_ended(boss, world):
    nurse = signed_in(world.user("clinical_staff"))
    nurse.get("/")
    row = UserSession.objects.create(
        user=world.user("clinical_staff"), session_key=nurse.session.session_key, ip="192.0.2.1", user_agent="x"
    )
    assert boss.get(page_of(UserSession, "changelist") + "?q=clinical").status_code == 200
    assert boss.post(page_of(UserSession, "delete", row.pk), {"post": "yes"}).status_code == 302
    assert nurse.get("/").status_code == 302
    assert not UserSession.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("act", ["delete", "action"])
def test_a_second_factor_deleted_in_the_admin_is_an_audit_event_and_ends_sessions(boss, world, act):
    nurse = world.user("clinical_staff")
    row = TOTP.activate(nurse, generate_totp_secret()).instance
    client = signed_in(nurse)
    client.get("/")
    UserSession.objects.create(user=nurse, session_key=client.session.session_key, ip="192.0.2.1", user_agent="x")
    shown = boss.get(page_of(Authenticator, "change", row.pk)).content.decode()
    assert row.data["secret"] not in shown, "the secret of the factor is not shown"
    if act == "delete":
        answer = boss.post(page_of(Authenticator, "delete", row.pk), {"post": "yes"})
    else:
        data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        answer = boss.post(page_of(Authenticator, "changelist"), data)
    assert answer.status_code == 302
    assert not Authenticator.objects.filter(user=nurse).exists()
    event = Event.objects.get(practice=world.practice, action="remove_factor")
    assert (event.actor.email, event.detail) == ("boss@example.com", {"kind": "totp", "by": "an operator"})
    assert client.get("/").status_code == 302


HIDDEN = {
    "enrollment": ["patient", "coverage", "enrollment", "order", "consent", "episode", "deviceassignment", "panel"],
    "monitoring": ["reading", "alert", "alertrule", "alertstep", "threshold", "note"],
    "timetracking": ["timeentry", "call", "visit", "monthlock"],
    "billing": ["monthclose", "claimline", "claim", "closechunk", "attestation"],
}


@pytest.mark.slow
def test_the_admin_has_no_clinical_ledger_or_claim_rows(boss, world):
    """Every registered model is in a list of this file; none refers to a patient."""
    for app, names in HIDDEN.items():
        for name in names:
            assert boss.get(f"/admin/{app}/{name}/").status_code == 404, name
    for model in product_models():
        targets = {field.related_model for field in model._meta.fields if field.is_relation}
        assert not targets & {Patient, Enrollment}, model
    shown = "".join(boss.get(f"/admin/{page}").content.decode() for page in ("", "enrollment/", "billing/"))
    assert "atient" not in shown.replace("outpatient", "")


def test_every_page_of_the_admin_is_audited(boss):
    for model, site in admin.site._registry.items():
        assert isinstance(site, AuditedAdmin), model


def events(world, action):
    rows = Event.objects.filter(practice=world.practice, action=action).order_by("number")
    return [(event.actor.email, event.subject, event.detail) for event in rows]


def test_what_the_operator_reads_is_in_the_audit_of_the_practices_shown(boss, world):
    """The list of one practice's people is no event in another's audit."""
    boss.get(page_of(Membership, "changelist") + f"?practice__id__exact={world.practice.pk}")
    count = Membership.objects.filter(practice=world.practice).count()
    assert events(world, "admin_read") == [
        ("boss@example.com", "", {"count": count, "model": "accounts.membership"})
    ]  # fmt: skip
    assert events(world.other, "admin_read") == []
    nurse = world.user("clinical_staff")
    boss.get(page_of(User, "change", nurse.pk))
    boss.get(page_of(User, "history", nurse.pk))
    assert [subject for _, subject, _ in events(world, "admin_read")[1:]] == [f"user:{nurse.pk}"] * 2
    assert events(world.other, "admin_read") == []
    boss.get(page_of(User, "changelist"))
    assert len(events(world.other, "admin_read")) == 1
    assert first_broken_link(world.practice) is None


def test_what_the_operator_changes_is_in_the_audit_with_the_names_of_the_fields(boss, world):
    clinic = Clinic.objects.create(practice=world.practice, name="Lake")
    page = page_of(Clinic, "change", clinic.pk)
    assert boss.post(page, as_shown(boss.get(page)) | {"name": "Renamed"}).status_code == 302
    ((actor, subject, detail),) = events(world, "admin_change")
    assert (actor, subject) == ("boss@example.com", f"clinic:{clinic.pk}")
    assert detail == {"count": 1, "model": "enrollment.clinic", "fields": ["Name"]}
    assert events(world.other, "admin_change") == []

    assert boss.post(page_of(Clinic, "add"), typed_into(world, "enrollment.clinic")).status_code == 302
    assert [detail["model"] for _, _, detail in events(world, "admin_add")] == ["enrollment.clinic"]
    assert events(world.other, "admin_add") == []

    # A row that belongs to no practice concerns all of them.
    boss.post(page_of(User, "add"), typed_into(world, "accounts.user"))
    assert [detail["model"] for _, _, detail in events(world.other, "admin_add")] == ["accounts.user"]


def test_a_deleted_session_and_a_release_of_codes_are_in_the_audit(boss, world):
    nurse = world.user("clinical_staff")
    row = UserSession.objects.create(user=nurse, session_key="x", ip="192.0.2.1", user_agent="x")
    data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    boss.post(page_of(UserSession, "changelist"), data)
    assert [detail["model"] for _, _, detail in events(world, "admin_delete")] == ["usersessions.usersession"]
    assert events(world.other, "admin_delete") == []
    body = SimpleUploadedFile("c.csv", b"code,description,billable\nI10,Hypertension,yes\n")
    boss.post(reverse("admin:enrollment_diagnosiscode_release"), {"file": body, "valid_from": "2026-10-01"})
    for owner in (world, world.other):
        assert [detail["codes"] for _, _, detail in events(owner, "load_codes")] == [1]


def test_a_change_in_the_admin_is_not_saved_without_its_event(boss, world, monkeypatch):
    def fail(**_):
        raise RuntimeError("the disk is full")

    clinic = Clinic.objects.create(practice=world.practice, name="Lake")
    page = page_of(Clinic, "change", clinic.pk)
    shown = as_shown(boss.get(page))
    monkeypatch.setattr("rpm_portal.accounts.audited_admin.record", fail)
    boss.raise_request_exception = False
    assert boss.post(page, shown | {"name": "Renamed"}).status_code == 500
    clinic.refresh_from_db()
    assert clinic.name == "Lake"


@pytest.mark.parametrize(
    ("methods", "seconds", "asked"),
    [
        pytest.param(["password"], 599, "", id="without a factor the password is enough for ten minutes"),
        pytest.param(["password"], 601, "/accounts/reauthenticate/", id="a second later it is asked again"),
        pytest.param([], 0, "/accounts/reauthenticate/", id="a session alone opens nothing"),
        pytest.param(["mfa"], 0, "/accounts/reauthenticate/", id="nor does a factor alone"),
    ],
)
def test_the_admin_asks_for_the_password_again(boss, world, methods, seconds, asked):
    session = boss.session
    session[METHODS_KEY] = [{"method": method, "at": time.time() - seconds} for method in methods]
    session.save()
    clinic = Clinic.objects.create(practice=world.practice, name="Lake")
    page = page_of(Clinic, "change", clinic.pk)
    opened, saved = boss.get(page), boss.post(page, {"name": ""})
    if asked:
        assert opened["Location"].partition("?")[0] == asked
        assert saved.status_code == 403
        assert "Not saved" in saved.content.decode()
        assert events(world, "admin_read") == []
    else:
        assert (opened.status_code, saved.status_code) == (200, 200)


def test_the_admin_asks_a_person_with_a_factor_for_both(world, code_of):
    user = User.objects.create_superuser("boss@example.com", PASSWORD, given_name="Bo", family_name="Ss")
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    client = signed_in(user)
    assert client.get("/admin/")["Location"] == "/accounts/reauthenticate/?next=%2Fadmin%2F"
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/admin/"})
    assert client.get("/admin/")["Location"] == "/accounts/2fa/reauthenticate/?next=%2Fadmin%2F"
    answer = client.post("/accounts/2fa/reauthenticate/", {"code": code_of(secret), "next": "/admin/"})
    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_the_admin_grants_no_role_and_no_access_to_itself(boss, world):
    """A role that signs or approves has two persons; the admin has none of their checks."""
    member = world.members["biller"]
    assert boss.get(page_of(Membership, "add")).status_code == 403
    data = {"practice": world.practice.pk, "user": member.user_id, "role": "physician", "npi": "1234567893",
            "starts_on": "2026-01-01", "shift_minutes": "480"}  # fmt: skip
    assert boss.post(page_of(Membership, "add"), data).status_code == 403
    assert boss.post(page_of(Membership, "change", member.pk), data).status_code == 302
    member.refresh_from_db()
    assert (member.role, member.npi, member.shift_minutes) == ("biller", "", 480)
    nurse = world.user("clinical_staff")
    fields = {"given_name": "N", "family_name": "N", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    assert boss.post(page_of(User, "change", nurse.pk), fields).status_code == 302
    boss.post(page_of(User, "add"), typed_into(world, "accounts.user") | fields)
    assert list(User.objects.filter(is_staff=True).values_list("email", flat=True)) == ["boss@example.com"]
    assert not User.objects.filter(email="new.person@example.com", is_superuser=True).exists()


def test_the_admin_puts_no_policy_in_force(boss, world):
    payer = Payer.objects.create(practice=world.practice, name="Payer without a policy")
    data = {"practice": world.practice.pk, "payer": payer.pk, "preset": "medicare_general_supervision",
            "departures": "[]", "starts_on": "2031-01-01", "source": "A letter."}  # fmt: skip
    assert boss.post(page_of(PayerPolicy, "add"), data).status_code == 403
    assert not PayerPolicy.objects.filter(payer=payer).exists()
    row = PayerPolicy.objects.filter(practice=world.practice).first()
    assert boss.post(page_of(PayerPolicy, "change", row.pk), {"ends_on": "2026-01-01"}).status_code == 403
