"""The Django admin: reference data is kept there, clinical and ledger rows are only looked at."""

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse

from enrollment.models import ConsentScript, DiagnosisCode
from monitoring.limits import add_conditions
from monitoring.models import ConditionTemplate
from rpm_portal.accounts.models import User
from tests.builders import PASSWORD
from timetracking.models import ActivityName
from timetracking.queries import activities_of

KEPT = {
    "payer", "devicemodel", "device", "consentscript", "payerpolicy", "practice", "membership", "user",
    "clinic", "conditiontemplate", "activityname", "calltemplate", "startpolicy", "claimsetup", "charge", "watch", "singlesignon",
}  # fmt: skip


@pytest.fixture
def boss(world):
    User.objects.create_superuser("boss@example.com", PASSWORD, given_name="Bo", family_name="Ss")
    client = Client()
    client.force_login(User.objects.get(email="boss@example.com"), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def ours():
    labels = {"accounts", "enrollment", "monitoring", "timetracking", "billing"}
    return {model: site for model, site in admin.site._registry.items() if model._meta.app_label in labels}


def test_only_reference_data_can_be_changed_and_nothing_deleted(boss):
    request = RequestFactory().get("/admin/")
    request.user = User.objects.get(email="boss@example.com")
    for model, site in ours().items():
        assert not site.has_delete_permission(request), model
        assert site.has_change_permission(request) == (model._meta.model_name in KEPT), model


def test_every_page_of_the_admin_opens(boss, world):
    for model in ours():
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


def test_the_words_of_a_script_do_not_change_once_it_is_there(boss, world):
    script = ConsentScript.objects.filter(practice=world.practice).first()
    address = reverse("admin:enrollment_consentscript_change", args=[script.pk])
    boss.post(address, {"text": "other words", "in_use": ""})
    before, script = script.text, ConsentScript.objects.get(pk=script.pk)

    assert (script.text, script.in_use) == (before, False)


@pytest.mark.parametrize(
    ("limits", "taken"),
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
def test_a_template_with_limits_that_cannot_be_is_refused(boss, world, limits, taken):
    add_conditions(practice=world.practice, by=None)
    row = ConditionTemplate.objects.get(practice=world.practice, name="Heart failure")
    address = reverse("admin:monitoring_conditiontemplate_change", args=[row.pk])
    answer = boss.post(
        address, {"practice": world.practice.pk, "name": "Heart failure", "goals": "x", "limits": limits}
    )
    row.refresh_from_db()

    assert answer.status_code == (302 if taken else 200)
    assert (row.goals == "x") is taken


def test_a_practice_names_its_activities_and_leaves_some_out(world):
    ActivityName.objects.create(practice=world.practice, activity="review", label="Looking at values")
    ActivityName.objects.create(practice=world.practice, activity="admin", label="Office", offered=False)
    mine, theirs = activities_of(world.practice.pk), activities_of(world.other.practice.pk)

    assert ("review", "Looking at values") in mine
    assert "admin" not in dict(mine)
    assert dict(theirs)["review"] == "Reviewing readings"
