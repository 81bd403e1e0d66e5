"""WSGI entry point: `gunicorn rpm_portal.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from rpm_portal.core.gc_control import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rpm_portal.settings")
application = get_wsgi_application()
# Django would load the doors with the first request; a fault in one shows at the start this way, and nobody waits.
get_resolver().url_patterns  # noqa: B018 - asked for its loading
settle()
