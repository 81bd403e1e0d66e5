"""What `/readyz` reports: whether this process may serve requests, and what works only partly."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from redis import Redis
from redis.exceptions import RedisError

from rpm_portal.core import clock
from rpm_portal.ops.heartbeats import late_queues
from rpm_portal.ops.server_log import wrong_settings

BROKER_TIMEOUT_SECONDS = 0.5
_migrations_are_applied = False


@dataclass
class Readiness:
    """The reasons not to serve (`failed`), what works only partly (`degraded`), and figures for a person."""

    failed: list[str] = field(default_factory=list)
    degraded: list[str] = field(default_factory=list)
    details: dict[str, object] = field(default_factory=dict)


def check_readiness(*, now: datetime) -> Readiness:
    """Check database, migrations, server log, role and session; then clock, broker, cache and heartbeats.

    `failed`: database, migrations, server_log. `degraded`: clock (more than two seconds from the database's), role (it
    may rewrite the audit history), session (a pooler drops our timeouts), broker, cache, work and batches (no heartbeat
    of that queue for two minutes). Pages work without the last four.
    """
    answer = Readiness()
    try:
        _check_database(answer)
    except DatabaseError:
        answer.failed.append("database")
    _check_background(answer, now=now)
    return answer


def _check_database(answer: Readiness) -> None:
    clock.database_now()
    answer.details["clock_difference_seconds"] = round(clock.clock_difference().total_seconds(), 1)
    if clock.clocks_differ():
        answer.degraded.append("clock")
    if settings_of_log := wrong_settings():
        answer.failed.append("server_log")
        answer.details["server_log"] = settings_of_log
    if missing := unapplied_migrations():
        answer.failed.append("migrations")
        answer.details["migrations"] = missing
    if _may_rewrite_history():
        answer.degraded.append("role")
    if lost := lost_session_settings():
        answer.degraded.append("session")
        answer.details["session"] = lost


def unapplied_migrations() -> list[str]:
    """The migrations of this code that the database lacks. Read from disk until there are none, then never again."""
    global _migrations_are_applied
    if _migrations_are_applied:
        return []
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    _migrations_are_applied = not plan
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _may_rewrite_history() -> bool:
    with connection.cursor() as cursor:
        cursor.callproc("has_table_privilege", ["audit_event", "UPDATE"])
        return bool(cursor.fetchone()[0])


def lost_session_settings() -> list[str]:
    """Timeouts and planner settings that the portal sends at each connection and the server does not have.

    A pooler may drop them (docs/deploy/postgresql/pgbouncer.ini); then the role must have them.
    """
    sent = re.findall(r"-c (\w+)=", str(connection.settings_dict["OPTIONS"].get("options", "")))
    with connection.cursor() as cursor:
        cursor.callproc("pg_show_all_settings")
        names = [column.name for column in cursor.description or ()]
        sources = {row[names.index("name")]: row[names.index("source")] for row in cursor.fetchall()}
    return sorted(name for name in sent if sources.get(name, "default") == "default")


def _check_background(answer: Readiness, *, now: datetime) -> None:
    try:
        ask_broker()
    except (RedisError, OSError):
        answer.degraded.append("broker")
    try:
        late = late_queues(now=now)
    except (RedisError, OSError):
        answer.degraded.append("cache")
        return
    answer.degraded.extend(late)
    answer.details |= {f"seconds_since_{kind}": age for kind, age in late.items()}


def ask_broker() -> None:
    """Return if the broker responds within half a second. Raises RedisError or OSError."""
    with Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_timeout=BROKER_TIMEOUT_SECONDS,
        socket_connect_timeout=BROKER_TIMEOUT_SECONDS,
    ) as line:
        line.ping()
