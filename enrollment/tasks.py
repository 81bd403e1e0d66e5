"""Celery tasks. The work is stored as a row, so a task may be lost, run late, or run twice."""

import logging

from celery import shared_task
from django.db import DatabaseError, connections
from django.utils import timezone

from enrollment.models import PanelProgress
from enrollment.panel_import.commit import commit_panel, mark_failed

log = logging.getLogger(__name__)


@shared_task
def commit_a_panel(panel_pk: int) -> None:
    """Commit a requested panel and write its progress on a second connection. Safe to run twice."""
    progress_connection = connections["default"].copy()

    def report_progress(done: int, stage: str) -> None:
        """Write the progress outside the transaction of the commit, so that it is visible."""
        with progress_connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {PanelProgress._meta.db_table} (panel_id, practice_id, done, stage) "  # noqa: S608 - our own table's name
                "SELECT id, practice_id, %s, %s FROM enrollment_panel WHERE id = %s "
                "ON CONFLICT (panel_id) DO UPDATE SET done = EXCLUDED.done, stage = EXCLUDED.stage",
                [done, stage, panel_pk],
            )

    try:
        commit_panel(panel_pk, now=timezone.now(), report_progress=report_progress)
    except (DatabaseError, ValueError, LookupError) as error:
        # Only the type is stored: the text of a database error quotes the row, which contains PHI.
        log.exception("panel %s failed", panel_pk)
        mark_failed(panel_pk, error=type(error).__name__)
    finally:
        progress_connection.close()
