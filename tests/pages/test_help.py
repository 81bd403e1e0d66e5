"""The help pages: what a role sees, the definitions of figures, and the checklist of a new practice."""

import re
from datetime import date
from pathlib import Path

import pytest
from django.urls import reverse

from rpm_portal.core.access import Role
from rpm_portal.core.definitions import DEFINITIONS
from rpm_portal.pages.help.first_day import STEPS, steps_of
from rpm_portal.pages.help.topics import TOPICS
from rpm_portal.templatetags.portal import definition
from tests.builders import a_world
from tests.test_access import signed_in

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@pytest.fixture
def world(db):
    return a_world()


def page(world, name, role="clinical_staff"):
    return signed_in(world.user(role)).get(reverse(name)).content.decode()


def test_a_nurse_reads_of_alerts_and_calls_and_not_of_claims(world):
    text = page(world, "help")

    assert "Close an alert" in text
    assert "Close a month" not in text


def test_a_biller_reads_of_claims_and_not_of_alerts(world):
    text = page(world, "help", "biller")

    assert "Send claims and post responses" in text
    assert "Close an alert" not in text


@pytest.mark.parametrize("role", [role for role in Role if role != Role.THERAPIST_ASSISTANT])
def test_each_link_of_the_help_opens_for_the_role(world, role):
    client = signed_in(world.user(role))
    for name in ("help", "first_day"):
        main = client.get(reverse(name)).content.decode().partition("<main")[2].partition("</main>")[0]
        for address in re.findall(r'href="(/[^"]*)"', main):
            assert client.get(address).status_code == 200, f"{role} {address}"


def test_each_topic_has_steps_that_end_with_a_period():
    assert all(topic.steps and all(step.endswith(".") for step in topic.steps) for topic in TOPICS)


def test_each_figure_with_an_i_has_a_definition_with_zone_and_time(world):
    text = page(world, "definitions")
    for key, one in DEFINITIONS.items():
        assert f'id="{key}"' in text
        assert one.meaning.endswith(".")
        assert one.zone.endswith(".")
        assert one.counted.endswith(".")


def test_each_i_of_a_template_is_defined():
    texts = [path.read_text() for path in TEMPLATES.rglob("*.html")]
    keys = {key for text in texts for key in re.findall(r'{% definition "(\w+)" %}', text)}

    assert keys
    assert keys <= set(DEFINITIONS)


def test_the_i_names_its_figure_for_a_screen_reader():
    mark = definition("device_days")

    assert 'aria-label="Definition of Device days"' in mark
    assert "#device_days" in mark
    with pytest.raises(KeyError):
        definition("nothing")


def test_the_dashboard_has_an_i_on_each_figure(world):
    assert page(world, "billing:practice", "manager").count('class="info-mark"') == 5


def test_the_checklist_of_a_practice_in_use_is_done_but_for_what_is_missing(world):
    done = {step.title: is_done for step, is_done in steps_of(world.practice, today=date(2026, 3, 1))}

    assert len(done) == len(STEPS)
    assert done["Enroll the first patient"]
    assert not done["Load rates"]
    assert not done["Invite a second administrator"]


def test_the_checklist_counts_only_the_own_practice(world):
    world.read([date(2026, 3, 2)])
    mine, other = (
        dict((step.title, done) for step, done in steps_of(practice, today=date(2026, 3, 3)))
        for practice in (world.practice, world.other.practice)
    )

    assert mine["Wait for the first reading"]
    assert not other["Wait for the first reading"]
