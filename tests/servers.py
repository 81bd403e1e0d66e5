"""A pytest plugin, loaded before Django: starts the embedded servers for the run unless DATABASE_URL is set.

The xdist workers find DATABASE_URL in the environment they inherit, so one pair of servers serves them all.
"""

import os
import tempfile
from pathlib import Path

from rpm_portal import embedded

os.environ.setdefault("PORTAL_HTTPS", "false")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
if not os.environ.get("DATABASE_URL") or not os.environ.get("REDIS_URL"):
    _folder = tempfile.mkdtemp(prefix="portal-tests-")
    embedded.attach(os.environ, Path(_folder), throw_away=True)
