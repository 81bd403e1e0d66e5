"""The Celery application. Tasks are in the `tasks.py` of each app."""

import os

from celery import Celery
from celery.signals import worker_process_init

from rpm_portal.core.gc_control import freeze_loaded_objects

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rpm_portal.settings")

app = Celery("rpm_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["rpm_portal.ops", "rpm_portal.pages.webhooks"])  # packages, not apps


@worker_process_init.connect
def _freeze_worker(**_: object) -> None:
    freeze_loaded_objects()
