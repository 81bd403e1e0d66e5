"""Every answer that names a patient leaves an audit event: over all addresses and roles, pages and fragments."""

import pytest
from django.db import transaction

from rpm_portal.audit.models import Event
from rpm_portal.core.access import Role
from tests.builders import World
from tests.test_access import TABLE, _full_world, signed_in, url_of

NAMES = ("ORTEGAP", "Ortegap", "SILENT", "Silent")  # the patients of the practice


@pytest.fixture
def full_world(db: None) -> World:
    return _full_world()


def names_a_patient(response: object) -> bool:
    """Whether the answer's text has a patient's name."""
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return any(name.encode() in body for name in NAMES)


def is_unaudited(client: object, verb: str, address: str, headers: dict[str, str]) -> bool:
    """Whether one request named a patient and left no event. Its changes are undone, so that no timer runs later."""
    with transaction.atomic():
        last = Event.objects.order_by("-pk").values_list("pk", flat=True).first()
        response = getattr(client, verb)(address, headers=headers)
        unaudited = names_a_patient(response) and not Event.objects.filter(pk__gt=last).exists()
        transaction.set_rollback(True)
    return unaudited


@pytest.mark.slow
@pytest.mark.parametrize("role", [role for role in Role if role != Role.THERAPIST_ASSISTANT])
def test_every_answer_that_names_a_patient_leaves_an_event(full_world, role):
    client = signed_in(full_world.user(role))
    found = []
    for name in TABLE:
        for verb, headers in (("get", {}), ("get", {"HX-Request": "true"}), ("post", {})):
            if is_unaudited(client, verb, url_of(name, full_world), headers):
                found.append(f"{verb} {name} {headers}")

    assert found == []
