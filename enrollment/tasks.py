"""Doors for the worker: committing a panel. The work is a row; a task may be lost, run late, or run twice."""

import logging

from celery import shared_task
from django.db import DatabaseError, connections
from django.utils import timezone

from enrollment.models import PanelProgress
from enrollment.panel_import.commit import commit_panel, note_failed

log = logging.getLogger(__name__)


@shared_task
def commit_a_panel(panel_pk: int) -> None:
    """Commit a panel that was asked for, telling how far it is on a connection of its own. Safe to run twice."""
    beside = connections["default"].copy()

    def tell(done: int, stage: str) -> None:
        """Write the progress outside the transaction, so that others see it."""
        with beside.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {PanelProgress._meta.db_table} (panel_id, practice_id, done, stage) "  # noqa: S608 - our own table's name
                "SELECT id, practice_id, %s, %s FROM enrollment_panel WHERE id = %s "
                "ON CONFLICT (panel_id) DO UPDATE SET done = EXCLUDED.done, stage = EXCLUDED.stage",
                [done, stage, panel_pk],
            )

    try:
        commit_panel(panel_pk, now=timezone.now(), tell=tell)
    except (DatabaseError, ValueError, LookupError) as error:
        # The type says enough: a database error's text quotes the row, and rows name patients.
        log.exception("panel %s failed", panel_pk)
        note_failed(panel_pk, error=type(error).__name__)
    finally:
        beside.close()
