"""A campaign of generated requests at every address: no failure of ours, no answer from another practice, no markup back.

A small one runs with the suite; `make night` sends a hundred thousand. A failing request prints its seed and itself.
"""

import pytest
from django.apps import apps
from django.db import transaction

from rpm_portal.accounts.models import SingleSignOn
from rpm_portal.core.access import Role
from tests.builders import at
from tests.hostile import MARK, Source
from tests.test_access import SAME_FOR_ALL, TABLE, address, signed_in, walk

SMALL = [(0, 500)]
CAMPAIGN = [pytest.param(seed, 5000, marks=pytest.mark.night) for seed in range(1, 21)]
WRONG = "seed {seed}, request {number}, as {role}: {verb} {path} {data!r} {kind}"


def canaries(world) -> list[str]:
    """Words of a practice that nobody of another one may ever read: names, numbers, and every public id."""
    found = {world.practice.name, world.patient.family_name, world.serial}
    for model in apps.get_models():
        names = {field.name for field in model._meta.fields}
        if {"practice", "public_id"} <= names:
            found |= set(model.objects.filter(practice=world.practice).values_list("public_id", flat=True))
    return sorted(found | {str(member.user.email) for member in world.members.values()})


@pytest.fixture
def fields_of_battle(world):
    walk(world)
    world.practice.name = "Quivira Lakes"
    world.practice.save()
    return world


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "requests"), [*SMALL, *CAMPAIGN])
def test_no_request_breaks_us_or_tells_of_another_practice(fields_of_battle, seed, requests, settings):
    theirs, mine = fields_of_battle, fields_of_battle.other
    settings.ROOT_URLCONF = "rpm_portal.urls"
    addresses = [(TABLE[name][1], address(name, of)) for name in sorted(TABLE) for of in (mine, mine, theirs)]
    addresses += [("POST", "/practice/switch/"), ("POST", "/session/stay/"), ("GET", "/accounts/login/")]
    addresses += [("POST", "/accounts/login/"), ("POST", "/accounts/password/reset/"), ("GET", "/healthz")]
    addresses += [("GET", "/join/"), ("POST", "/join/"), ("GET", "/join/zzzzzzzzzzzz/guess/")]
    settings.SINGLE_SIGN_ON = True
    own = SingleSignOn.objects.create(practice=theirs.practice, issuer="https://login.example", domains=["x.example"])
    addresses += [("GET", f"/accounts/own/{own.public_id}/"), ("GET", f"/accounts/own/{own.public_id}/back/")]
    assert SAME_FOR_ALL
    source = Source(seed, addresses, canaries(theirs) + canaries(mine))
    secret = [word.encode() for word in canaries(theirs)] + [theirs.patient.family_name.upper().encode()]
    clients = [(role, signed_in(mine.user(role))) for role in Role if role in mine.members]
    for number in range(requests):
        role, client = clients[number % len(clients)]
        asked = source.one()
        told = WRONG.format(seed=seed, number=number, role=role, **{
            name: getattr(asked, name) for name in ("verb", "path", "data", "kind")})  # fmt: skip
        with transaction.atomic():
            try:
                answer = asked.send(client)
                body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            except Exception as error:
                raise AssertionError(f"{type(error).__name__}: {error}\n{told}") from error
            transaction.set_rollback(True)
        assert answer.status_code < 500, told
        leaked = [word for word in secret if word in body and not asked.knew(word.decode())]
        assert not leaked, f"{leaked}\n{told}"
        if "html" in answer.get("Content-Type", ""):
            assert MARK.encode() not in body, told
    assert at("2026-04-03")
