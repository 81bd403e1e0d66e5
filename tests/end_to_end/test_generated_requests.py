"""Generated requests to every URL: no server error, no data of another practice, and no injected markup in responses.

A small number runs with the suite; `make night` sends 100,000, and `make fuzz CAMPAIGN=20000` that many from one seed.
A failing request is printed with its seed.
"""

import os

import pytest
from django.apps import apps
from django.db import transaction

from rpm_portal.accounts.models import SingleSignOn
from rpm_portal.core.access import Role
from tests.builders import at
from tests.hostile import MARK, Source
from tests.test_access import SAME_FOR_ALL, TABLE, add_rows_of_every_kind, signed_in, url_of

SUITE_RUNS = [(int(os.environ.get("SEED", "0")), int(os.environ.get("CAMPAIGN", "500")))]
NIGHT_RUNS = [pytest.param(seed, 5000, marks=pytest.mark.night) for seed in range(1, 21)]
FAILURE_MESSAGE = "seed {seed}, request {number}, as {role}: {verb} {path} {data!r} {kind}"


def canaries(world) -> list[str]:
    """Strings of a practice that must never reach another practice: names, numbers, and every public id."""
    strings = {world.practice.name, world.patient.family_name, world.serial}
    for model in apps.get_models():
        names = {field.name for field in model._meta.fields}
        if {"practice", "public_id"} <= names:
            strings |= set(model.objects.filter(practice=world.practice).values_list("public_id", flat=True))
    return sorted(strings | {str(member.user.email) for member in world.members.values()})


@pytest.fixture
def renamed_world(world):
    add_rows_of_every_kind(world)
    world.practice.name = "Quivira Lakes"
    world.practice.save()
    return world


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "requests"), [*SUITE_RUNS, *NIGHT_RUNS])
def test_no_request_causes_an_error_or_reveals_another_practice(renamed_world, seed, requests, settings):
    theirs, own = renamed_world, renamed_world.other
    settings.ROOT_URLCONF = "rpm_portal.urls"
    addresses = [(TABLE[name][1], url_of(name, of)) for name in sorted(TABLE) for of in (own, own, theirs)]
    addresses += [("POST", "/practice/switch/"), ("POST", "/session/stay/"), ("GET", "/accounts/login/")]
    addresses += [("POST", "/accounts/login/"), ("POST", "/accounts/password/reset/"), ("GET", "/healthz")]
    addresses += [("GET", "/join/"), ("POST", "/join/"), ("GET", "/join/zzzzzzzzzzzz/guess/")]
    settings.SINGLE_SIGN_ON = True
    sso = SingleSignOn.objects.create(
        practice=theirs.practice, issuer="https://login.example", domains=["x.example"], is_on=True
    )
    addresses += [("GET", f"/accounts/own/{sso.public_id}/"), ("GET", f"/accounts/own/{sso.public_id}/back/")]
    assert SAME_FOR_ALL
    source = Source(seed, addresses, canaries(theirs) + canaries(own))
    secret = [word.encode() for word in canaries(theirs)] + [theirs.patient.family_name.upper().encode()]
    clients = [(role, signed_in(own.user(role))) for role in Role if role in own.members]
    for number in range(requests):
        role, client = clients[number % len(clients)]
        request = source.next_request()
        message = FAILURE_MESSAGE.format(seed=seed, number=number, role=role, **{
            name: getattr(request, name) for name in ("verb", "path", "data", "kind")})  # fmt: skip
        with transaction.atomic():
            try:
                response = request.send(client)
                body = b"".join(response.streaming_content) if response.streaming else response.content
            except Exception as error:
                raise AssertionError(f"{type(error).__name__}: {error}\n{message}") from error
            transaction.set_rollback(True)
        assert response.status_code < 500, message
        leaked = [word for word in secret if word in body and not request.knew(word.decode())]
        assert not leaked, f"{leaked}\n{message}"
        if "html" in response.get("Content-Type", ""):
            assert MARK.encode() not in body, message
    assert at("2026-04-03")
