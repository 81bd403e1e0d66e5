"""What Celery beat sends, and how often in seconds. Every task is safe to run twice, also at the same time."""

from typing import Any

BeatSchedule = dict[str, dict[str, Any]]


def beat_schedule(default_queue: str) -> BeatSchedule:
    """The schedule for Celery's setting of the same name; large deliveries have a queue of their own."""
    return {
        "heartbeat of the worker": {"task": "rpm_portal.ops.tasks.heartbeat", "schedule": 30, "args": ["work"]},
        "heartbeat of the worker of large deliveries": {
            "task": "rpm_portal.ops.tasks.heartbeat",
            "schedule": 30,
            "args": ["batches"],
            "options": {"queue": f"{default_queue}-batches"},
        },
        "close the months that are due": {"task": "billing.tasks.start_due_closes", "schedule": 15 * 60},
        "resume interrupted closes": {"task": "billing.tasks.sweep", "schedule": 30},
        "resume interrupted claim files": {"task": "billing.tasks.sweep_exports", "schedule": 30},
        "resume interrupted packets": {"task": "billing.tasks.sweep_packets", "schedule": 60},
        "resume interrupted reports": {"task": "rpm_portal.pages.reports.tasks.sweep_reports", "schedule": 60},
        "stop forgotten timers": {"task": "timetracking.tasks.close_forgotten_timers", "schedule": 60},
        "send what the outbox has": {"task": "rpm_portal.core.outbox.tasks.sweep_outbox", "schedule": 30},
        "handle failed callbacks": {"task": "rpm_portal.pages.webhooks.tasks.sweep_callbacks", "schedule": 60},
        "process stored deliveries": {"task": "monitoring.tasks.sweep_deliveries", "schedule": 30},
        "empty the drop folder": {"task": "monitoring.tasks.empty_drop_folder", "schedule": 60},
        "escalate unanswered alerts": {"task": "monitoring.tasks.escalate", "schedule": 60},
        "find patients without data": {"task": "monitoring.tasks.look_for_silence", "schedule": 30 * 60},
        "refresh outdated worklist rows": {"task": "rpm_portal.pages.worklist.tasks.refresh_worklists", "schedule": 60},
        "compare the worklist with its facts": {
            "task": "rpm_portal.pages.worklist.tasks.check_worklists",
            "schedule": 24 * 60 * 60,
        },
        "write the heads of the audit chains": {"task": "rpm_portal.audit.tasks.keep_heads", "schedule": 60},
        "mail the heads of the audit chains": {"task": "rpm_portal.audit.tasks.send_heads", "schedule": 24 * 60 * 60},
        "delete expired FHIR tokens": {"task": "rpm_portal.fhir.tasks.delete_expired_tokens", "schedule": 60 * 60},
        "delete old launches": {"task": "rpm_portal.fhir.ehr.tasks.delete_old_launches", "schedule": 60 * 60},
        "delete expired data": {"task": "rpm_portal.ops.tasks.delete_expired", "schedule": 24 * 60 * 60},
        "bring the work on claims up to date": {"task": "billing.tasks.update_work_items", "schedule": 60 * 60},
        "compare locked months with their digests": {"task": "billing.tasks.check_seals", "schedule": 24 * 60 * 60},
        "rebuild and compare stored totals": {"task": "billing.tasks.compare_kept_sums", "schedule": 24 * 60 * 60},
    }
