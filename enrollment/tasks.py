"""Celery tasks. The work is stored as a row, so a task may be lost, run late, or run twice."""

import logging

from celery import shared_task
from django.db import DatabaseError, connections
from django.utils import timezone

from enrollment.models import Panel, PanelProgress
from enrollment.panel_import.commit import commit_panel, mark_failed

log = logging.getLogger(__name__)
PROGRESS = "progress"  # the alias of a second connection to the same database


@shared_task
def commit_a_panel(panel_pk: int) -> None:
    """Commit a requested panel and write its progress on a second connection. Safe to run twice."""
    # A second connection: progress is visible while the transaction of the commit is still open.
    connections[PROGRESS] = connections["default"].copy(alias=PROGRESS)
    practice_id = Panel.objects.values_list("practice_id", flat=True).get(pk=panel_pk)

    def report_progress(done: int, stage: str) -> None:
        """Write the progress outside the transaction of the commit."""
        progress = PanelProgress(panel_id=panel_pk, practice_id=practice_id, done=done, stage=stage)
        PanelProgress.objects.using(PROGRESS).bulk_create(
            [progress], update_conflicts=True, unique_fields=["panel"], update_fields=["done", "stage"]
        )

    try:
        commit_panel(panel_pk, now=timezone.now(), report_progress=report_progress)
    except (DatabaseError, ValueError, LookupError) as error:
        # Only the type is stored: the text of a database error quotes the row, which contains PHI.
        log.exception("panel %s failed", panel_pk)
        mark_failed(panel_pk, error=type(error).__name__)
    finally:
        connections[PROGRESS].close()
        del connections[PROGRESS]
