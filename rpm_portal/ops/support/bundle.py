"""The parts of a support bundle: versions, names of settings, readiness, migrations, counts, waiting work, log."""

import json
import platform
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from importlib import metadata
from pathlib import Path

from django.apps import apps
from django.core.checks import run_checks
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from redis.exceptions import RedisError

from rpm_portal.ops.metrics.figures import ArchiveFolders, read_figures
from rpm_portal.ops.readiness import check_readiness, unapplied_migrations
from rpm_portal.ops.support.log_tail import reduce_log

ROOT = Path(__file__).resolve().parents[3]
LOG_LINES = 2000
OUR_VARIABLES = re.compile(r"^(PORTAL_[A-Z0-9_]+|DATABASE_URL|REDIS_URL|PROMETHEUS_MULTIPROC_DIR)$")


def make_parts(*, now: datetime, environment: Mapping[str, str], log_lines: Iterable[str] | None) -> dict[str, str]:
    """File names with their text. A part that cannot be read names the kind of error, so it works in an incident."""
    sources: dict[str, Callable[[], object]] = {
        "versions.json": _versions,
        "settings.json": lambda: _settings(environment),
        "readiness.json": lambda: _readiness(now),
        "checks.json": _checks,
        "migrations.json": _migrations,
        "counts.json": _counts,
        "work.json": lambda: _work(now),
    }
    parts = {name: json.dumps(_read(source), indent=1, sort_keys=True) + "\n" for name, source in sources.items()}
    if log_lines is not None:
        parts["log.jsonl"] = reduce_log(log_lines, limit=LOG_LINES, root=ROOT)
    return parts


def _read(source: Callable[[], object]) -> object:
    try:
        return source()
    except (DatabaseError, RedisError, OSError) as error:
        return {"not_read": type(error).__name__}


def _versions() -> dict[str, object]:
    packages = {each.metadata["Name"]: each.version for each in metadata.distributions()}
    return {"python": sys.version, "system": platform.platform(), "packages": packages, "database": _database_version()}


def _database_version() -> int | None:
    """The server's version as a number, like 180004; None if it does not respond."""
    try:
        connection.ensure_connection()
    except DatabaseError:
        return None
    return int(connection.connection.info.server_version)


def _settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The names of our settings, and whether they have a value. No value."""
    return {name: "set" if value else "empty" for name, value in environment.items() if OUR_VARIABLES.match(name)}


def _readiness(now: datetime) -> dict[str, object]:
    found = check_readiness(now=now)
    return {"failed": found.failed, "degraded": found.degraded, "details": found.details}


def _checks() -> list[str]:
    """The numbers of the warnings of `check --deploy`; their texts can contain values of settings."""
    return sorted(str(message.id) for message in run_checks(include_deployment_checks=True))


def _migrations() -> dict[str, object]:
    applied = sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())
    return {"applied": applied, "missing": unapplied_migrations()}


def _counts() -> dict[str, int]:
    """The number of rows of each table."""
    models = sorted((each for each in apps.get_models() if each._meta.managed), key=lambda each: each._meta.db_table)
    return {model._meta.db_table: model._base_manager.count() for model in models}


def _work(now: datetime) -> list[list[object]]:
    return [
        [figure.name, figure.labels, str(figure.value)] for figure in read_figures(now=now, folders=ArchiveFolders())
    ]
