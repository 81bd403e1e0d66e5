"""Help topics: short instructions, each for those who have its permission."""

from dataclasses import dataclass

from rpm_portal.accounts.models import Membership
from rpm_portal.core.access import Permission, has_permission


@dataclass(frozen=True, slots=True)
class Topic:
    """A heading and its steps; `view` is the page where the work begins."""

    title: str
    view: str
    needs: Permission
    steps: tuple[str, ...]


TOPICS = (
    Topic(
        "Start the morning",
        "worklist",
        Permission.REVIEW_READINGS,
        (
            "Open the worklist. Now has open alerts; This week has what can still be met.",
            "Open a row with Enter or a click. The reason is in the first column.",
            "Press t on the chart to start the timer, and t again to stop it.",
        ),
    ),
    Topic(
        "Close an alert",
        "alerts:inbox",
        Permission.REVIEW_READINGS,
        (
            "Acknowledge the alert to stop its escalation.",
            "Call the patient if the value asks for it. Press c on the chart.",
            "Select an outcome, write what you found or did, and close the alert.",
        ),
    ),
    Topic(
        "Document a call",
        "worklist",
        Permission.TRACK_TIME,
        (
            "Press c on the chart. The timer counts the call.",
            "Select the outcome. The system decides from it whether the call counts as live.",
            "Enter a date for the next contact: it becomes a task. Sign the call.",
        ),
    ),
    Topic(
        "Enroll a patient",
        "enroll:in_progress",
        Permission.ENROLL,
        (
            "Select Enroll patient and search for the patient first.",
            "Complete the cards from left to right. Drafts are saved while you type.",
            "Send the order to the provider for signature, then start monitoring.",
        ),
    ),
    Topic(
        "Sign your day",
        "timetracking:my_day",
        Permission.TRACK_TIME,
        (
            "Open My day. Confirm timers that stopped automatically.",
            "Add a note to each call that has none.",
            "Sign the day. Time that you add later needs another signature.",
        ),
    ),
    Topic(
        "Close a month",
        "billing:months",
        Permission.CLOSE_MONTH,
        (
            "Open the pre-close review and fix what can still become billable.",
            "After the last day, calculate the month and review the flagged lines.",
            "Submit the month for lock. A second person locks it.",
        ),
    ),
    Topic(
        "Send claims and post responses",
        "billing:denials",
        Permission.SEND_CLAIMS,
        (
            "Open Claims, fix the errors, and create the claim file.",
            "Upload the responses of the clearinghouse and of the payers.",
            "Work the denials: each has a reason and how to respond.",
        ),
    ),
    Topic(
        "Add staff",
        "people",
        Permission.MANAGE_PEOPLE,
        ("Invite the person with a role.", "A role that signs or locks needs the approval of a second person."),
    ),
)


def topics_of(membership: Membership) -> list[Topic]:
    """The topics of a person's work."""
    return [topic for topic in TOPICS if has_permission(membership, topic.needs)]
