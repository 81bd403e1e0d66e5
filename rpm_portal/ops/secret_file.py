"""`manage.py make_secrets FILE`: new secrets of an installation, in an environment file that only its owner reads."""

import base64
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from rpm_portal.ops.start_checks import SECRETS, TEXT_SECRETS

USAGE = "usage: manage.py make_secrets FILE\nWrites new secrets to FILE, which must not exist."


def main(arguments: Sequence[str]) -> None:
    """Write the file. Needs no settings and no server. Raises SystemExit with what to do."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise SystemExit(USAGE)
    path = Path(arguments[0])
    try:
        write_secrets(path)
    except FileExistsError:
        raise SystemExit(
            f"{path} exists already and is not replaced: data encrypted with its keys would be lost."
        ) from None
    except OSError as error:
        raise SystemExit(f"{path} cannot be written: {error.strerror}.") from None
    sys.stdout.write(f"Wrote {len(SECRETS)} secrets to {path}. Store a copy apart from the database and its backups.\n")


def write_secrets(path: Path) -> None:
    """Write NAME=value lines with mode 0600. Raises FileExistsError, or another OSError, and then changes nothing."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name}={_new_value(name)}\n" for name in SECRETS)


def _new_value(name: str) -> str:
    if name in TEXT_SECRETS:
        return secrets.token_urlsafe(48)
    return base64.b64encode(secrets.token_bytes(32)).decode()
