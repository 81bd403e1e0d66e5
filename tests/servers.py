"""A pytest plugin, loaded before Django: starts the embedded servers unless DATABASE_URL is set.

The xdist workers inherit DATABASE_URL, so all use the same two servers.
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


def _kill_group(group: subprocess.Popen[bytes]) -> None:
    """Kill a process and its children if they still run."""
    if group.poll() is None:
        os.killpg(group.pid, signal.SIGKILL)
        group.wait()


os.environ.setdefault("PORTAL_HTTPS", "false")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
if not os.environ.get("DATABASE_URL") or not os.environ.get("REDIS_URL"):
    _folder = tempfile.mkdtemp(prefix="portal-tests-")
    # Registered first, so it runs last, after the servers have stopped. The data of a run takes 100 MB.
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    embedded.attach(os.environ, Path(_folder), throw_away=True)
    # Migrate once, while pytest collects the tests; each worker's database is a copy (conftest.py).
    os.environ["PORTAL_TEST_TEMPLATE"] = _folder
    _migrate = f"{sys.executable} -W ignore manage.py migrate --verbosity 0"
    _migrating = subprocess.Popen(
        ["/bin/sh", "-c", f"{_migrate} && touch {_folder}/ready || touch {_folder}/failed"],
        cwd=Path(__file__).resolve().parent.parent,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "rpm_portal.settings"},
        # conftest.py prints this log if the migration failed.
        stdout=Path(_folder, "migrations.log").open("wb"),  # noqa: SIM115 - the child writes it
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    # Registered last, so it runs first: a process that still writes would prevent the removal of the folder.
    atexit.register(_kill_group, _migrating)
