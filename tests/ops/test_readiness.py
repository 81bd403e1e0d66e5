"""What `/readyz` answers when a part of the installation is missing, late or wrong."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from redis.exceptions import ConnectionError as CacheIsAway

from rpm_portal.core import clock
from rpm_portal.ops import readiness
from rpm_portal.ops.heartbeats import QUEUES, late_queues, note_heartbeat
from rpm_portal.ops.tasks import heartbeat
from tests.roles import portal_role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _migrations_are_asked_for(monkeypatch):
    monkeypatch.setattr(readiness, "_migrations_are_applied", False)


def all_hearts_beat():
    for kind in QUEUES:
        heartbeat(kind)


def ready(client, **request):
    answer = client.get("/readyz", **request)
    return answer.status_code, answer.json()


def test_everything_that_works_is_ready(client):
    all_hearts_beat()
    with portal_role():
        status, answer = ready(client)

    assert status == 200
    assert (answer["ready"], answer["failed"], answer["degraded"]) == (True, [], [])


def test_a_database_that_does_not_respond_is_not_ready(client, monkeypatch):
    def fail():
        raise DatabaseError("gone")

    monkeypatch.setattr(clock, "database_now", fail)
    status, answer = ready(client)

    assert (status, answer["ready"], answer["failed"]) == (503, False, ["database"])


def test_a_migration_that_is_not_applied_is_named_until_it_is(client):
    MigrationRecorder(connection).record_unapplied("worklist", "0002_database")
    status, answer = ready(client)
    MigrationRecorder(connection).record_applied("worklist", "0002_database")

    assert (status, answer["failed"]) == (503, ["migrations"])
    assert answer["details"]["migrations"] == ["worklist.0002_database"]
    assert ready(client)[0] == 200


def test_a_role_that_may_rewrite_the_audit_history_is_reported(client):
    assert "role" in ready(client)[1]["degraded"]
    with portal_role():
        assert "role" not in ready(client)[1]["degraded"]


def test_settings_that_a_pooler_drops_are_reported(client, monkeypatch):
    options = connection.settings_dict["OPTIONS"]
    assert "lock_timeout" in options["options"]
    assert "session" not in ready(client)[1]["degraded"]
    # The connection is open already, so the server does not get this one: as behind a pooler.
    monkeypatch.setitem(options, "options", f"{options['options']} -c vacuum_cost_delay=1")
    status, answer = ready(client)

    assert (status, "session" in answer["degraded"]) == (200, True)
    assert answer["details"]["session"] == ["vacuum_cost_delay"]
    with connection.cursor() as cursor:
        cursor.execute("SET vacuum_cost_delay = 1")  # ALTER ROLE would do the same for each connection
    assert "session" not in ready(client)[1]["degraded"]


@pytest.mark.parametrize(("seconds", "is_late"), [(120, False), (121, True)])
@pytest.mark.parametrize("kind", QUEUES)
def test_a_queue_without_a_heartbeat_for_two_minutes_is_late(kind, seconds, is_late):
    now = timezone.now()
    for each in QUEUES:
        note_heartbeat(each, now=now)
    note_heartbeat(kind, now=now - timedelta(seconds=seconds))

    assert late_queues(now=now) == ({kind: seconds} if is_late else {})


def test_a_queue_that_never_had_a_worker_is_late_and_pages_are_served(client):
    heartbeat("work")
    status, answer = ready(client)

    assert status == 200
    assert "batches" in answer["degraded"]
    assert "work" not in answer["degraded"]
    assert answer["details"]["seconds_since_batches"] is None


def test_without_broker_and_cache_pages_are_served(client, settings, monkeypatch):
    def fail(key):
        raise CacheIsAway

    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(cache, "get", fail)
    status, answer = ready(client)

    assert status == 200
    assert {"broker", "cache"} <= set(answer["degraded"])


@pytest.mark.parametrize(("address", "sees"), [("127.0.0.1", True), ("::1", True), ("203.0.113.7", False)])
def test_figures_are_shown_only_on_this_machine(client, address, sees):
    assert ("details" in ready(client, REMOTE_ADDR=address)[1]) is sees
