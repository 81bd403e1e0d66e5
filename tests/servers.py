"""A pytest plugin, loaded before Django: starts the embedded servers for the run unless DATABASE_URL is set.

The xdist workers find DATABASE_URL in the environment they inherit, so one pair of servers serves them all.
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from rpm_portal import embedded


def _end(group: subprocess.Popen[bytes]) -> None:
    """End a process and what it started, if the run was shorter than it."""
    if group.poll() is None:
        os.killpg(group.pid, signal.SIGKILL)
        group.wait()


os.environ.setdefault("PORTAL_HTTPS", "false")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
if not os.environ.get("DATABASE_URL") or not os.environ.get("REDIS_URL"):
    _folder = tempfile.mkdtemp(prefix="portal-tests-")
    # What is registered first runs last: behind the servers' own stops. A run's data is a hundred megabytes.
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    embedded.attach(os.environ, Path(_folder), throw_away=True)
    # The tables are made once, while the tests are collected; each worker's database is then a copy (conftest.py).
    os.environ["PORTAL_TEST_TEMPLATE"] = _folder
    _migrate = f"{sys.executable} -W ignore manage.py migrate --verbosity 0"
    _migrating = subprocess.Popen(
        ["/bin/sh", "-c", f"{_migrate} && touch {_folder}/ready || touch {_folder}/failed"],
        cwd=Path(__file__).resolve().parent.parent,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "rpm_portal.settings"},
        # Read where it failed; a run that needs no database may end before it, and then it has nothing to say.
        stdout=Path(_folder, "migrations.log").open("wb"),  # noqa: SIM115 - the child writes it
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    # Runs first: who still writes into the folder while it is removed leaves it behind.
    atexit.register(_end, _migrating)
