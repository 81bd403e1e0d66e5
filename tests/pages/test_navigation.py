"""The navigation of each role: its items, the current one, and the counts next to them."""

from datetime import datetime

import pytest
from django.urls import reverse

from enrollment.services import draft_enrollment
from rpm_portal.core.access import PERMISSIONS_BY_ROLE, Role
from rpm_portal.pages.navigation.items import GROUPS, current_item, groups_of
from rpm_portal.pages.navigation.views import COUNTS
from tests.builders import a_world, at
from tests.test_access import SAME_FOR_ALL, TABLE, signed_in

NOW = at("2026-03-20", "15:00:00")


def labels(role: Role, *, now: datetime = NOW) -> dict[str, list[str]]:
    permissions = {permission.value for permission in PERMISSIONS_BY_ROLE[role]}
    groups = groups_of(permissions, view="worklist", now=now, zone="America/Chicago")
    return {heading: [link.item.label for link in links] for heading, links in groups}


def test_a_nurse_sees_care_enrollment_devices_and_the_own_day():
    groups = labels(Role.CLINICAL_STAFF)

    assert list(groups) == ["Care", "Enrollment", "Devices", "Time", "More"]
    assert {"Worklist", "Alerts", "Patients"} <= set(groups["Care"])
    assert groups["Devices"] == ["Devices", "Unmatched readings"]
    assert groups["Time"] == ["My day"]


def test_a_provider_sees_no_claims_and_a_biller_does():
    provider, biller = labels(Role.PHYSICIAN), labels(Role.BILLER)

    assert {"Claims", "Denials", "Payer responses"}.isdisjoint(provider["Billing"])
    assert {"Claims", "Denials", "Payer responses", "Month close"} <= set(biller["Billing"])
    assert "Time" not in biller


def test_an_administrator_without_patients_has_no_group_of_care():
    groups = labels(Role.ADMIN)

    assert "Care" not in groups
    assert "Billing" not in groups or "Dashboard" not in groups["Billing"]
    assert {"Staff", "Security"} <= set(groups["Practice"])


@pytest.mark.parametrize("role", list(Role))
def test_no_group_is_empty_and_each_link_is_a_page(role):
    permissions = {permission.value for permission in PERMISSIONS_BY_ROLE[role]}
    groups = groups_of(permissions, view="", now=NOW, zone="America/Chicago")

    assert all(links for _, links in groups)
    assert all(link.url.startswith("/") and not link.current for _, links in groups for link in links)
    assert sum(link.item.tab for _, links in groups for link in links) <= 4, "a phone has room for four and More"


def test_claims_are_of_the_month_before_and_the_review_is_of_this_month():
    groups = dict(
        groups_of({"see_months", "send_claims"}, view="", now=at("2026-01-01", "00:30:00"), zone="America/Chicago")
    )
    urls = {link.item.label: link.url for link in groups["Billing"]}

    assert urls["Claims"] == reverse("billing:claims", args=["2025-12"])
    assert urls["Pre-close review"] == reverse("billing:forecast", args=["2026-01"])


@pytest.mark.parametrize(
    ("view", "label"),
    [
        ("worklist_narrow", "Worklist"),
        ("chart", "Patients"),
        ("patient_month", "Patients"),
        ("billing:patient_letter", "Month close"),
        ("billing:claim", "Claims"),
        ("billing:payer_profiles", "Payer rules"),
        ("timetracking:rules", "Time rules"),
        ("enrollment:device", "Devices"),
    ],
)
def test_a_page_belongs_to_the_item_with_the_longest_name(view, label):
    item = current_item(view)

    assert item is not None
    assert item.label == label


def test_a_page_of_no_area_marks_no_item():
    assert current_item("styleguide") is None
    assert current_item("") is None


def test_each_beginning_of_a_page_name_is_one_of_a_page():
    names = set(TABLE) | set(SAME_FOR_ALL)
    unknown = [
        page
        for _, items in GROUPS
        for item in items
        for page in item.pages
        if not any(n.startswith(page) for n in names)
    ]

    assert unknown == []


def test_each_count_belongs_to_an_item_and_each_item_with_a_count_has_one():
    assert {item.count for _, items in GROUPS for item in items if item.count} == set(COUNTS)


@pytest.fixture
def world(db):
    return a_world()


def counts_of(world, role):
    return signed_in(world.user(role)).get(reverse("navigation_counts")).content.decode()


def test_the_counts_are_of_the_own_practice(world):
    nurse, doctor = world.members["clinical_staff"], world.members["physician"]
    draft_enrollment(
        patient=world.patient,
        program="CCM",
        billing_provider=doctor,
        supervised_by=doctor,
        diagnosis="I10",
        diagnosis_kind="chronic",
        condition="Hypertension",
        rtm_system="",
        by=nurse.user,
        now=NOW,
    )

    assert '1<span class="hidden"> not started</span>' in counts_of(world, "clinical_staff")
    assert "not started" not in counts_of(world.other, "clinical_staff")


def test_a_role_gets_only_the_counts_of_its_items(world):
    biller = counts_of(world, "biller")

    assert 'id="count-of-worklist"' in biller
    assert "count-of-my_day" not in biller
    assert "count-of-unmatched" not in biller


def test_a_zero_is_not_shown(world):
    assert "critical" not in counts_of(world, "clinical_staff")
