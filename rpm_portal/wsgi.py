"""WSGI entry point: `gunicorn rpm_portal.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from rpm_portal.core.gc_control import freeze_loaded_objects

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rpm_portal.settings")
application = get_wsgi_application()
# Django would load the views with the first request; loading them now shows errors at the start.
get_resolver().url_patterns  # noqa: B018 - loads the URL patterns
freeze_loaded_objects()
