"""The navigation of a role: groups of pages with headings, and the item of the current page.

An item is shown to those who have its permissions. A page belongs to the item whose `pages` has the longest beginning
of the page's name, so that a new page of an area needs no entry.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from rpm_portal.core.access import Permission
from rpm_portal.core.days import Month


@dataclass(frozen=True, slots=True)
class Item:
    """One link: the name of its view, its label, its symbol in `icons.svg`, and who sees it.

    `needs` are all required. `month` is the number of months from the current one, if the page is of a month. `tab`: in
    the bar at the bottom of a phone. `count` names a number of `navigation_counts.py`.
    """

    view: str
    label: str
    icon: str
    needs: tuple[Permission, ...] = ()
    pages: tuple[str, ...] = ()
    month: int | None = None
    key: str = ""
    tab: bool = False
    count: str = ""

    def address(self, today: Month) -> str:
        """The URL of the page."""
        return reverse(self.view, args=[] if self.month is None else [str(today.plus(self.month))])


@dataclass(frozen=True, slots=True)
class Link:
    """An item with its URL, and whether the page belongs to it."""

    item: Item
    url: str
    current: bool


_CHARTS = ("chart", "patient_", "watching", "disclosures", "enrollment:", "monitoring:", "timetracking:")
_BILLERS = (Permission.SEE_MONTHS, Permission.SEND_CLAIMS)
GROUPS: tuple[tuple[str, tuple[Item, ...]], ...] = (
    (
        "Care",
        (
            Item(
                "worklist",
                "Worklist",
                "worklist",
                (Permission.SEE_PATIENTS,),
                ("worklist",),
                key="worklist",
                tab=True,
                count="worklist",
            ),
            Item(
                "alerts:inbox",
                "Alerts",
                "alerts",
                (Permission.SEE_PATIENTS,),
                ("alerts:",),
                key="alerts",
                tab=True,
                count="alerts",
            ),
            Item(
                "enrollment:patients",
                "Patients",
                "patients",
                (Permission.SEE_PATIENTS,),
                _CHARTS,
                key="patients",
                tab=True,
            ),
        ),
    ),
    (
        "Enrollment",
        (
            Item(
                "enroll:in_progress",
                "Enrollment",
                "enroll",
                (Permission.ENROLL,),
                ("enroll:",),
                key="enrollments",
                count="enrollment",
            ),
            Item(
                "enrollment:panels",
                "Import patients",
                "panel",
                (Permission.BRING_IN,),
                ("enrollment:panel", "enrollment:rejected", "enrollment:commit_panel", "enrollment:merge"),
            ),
        ),
    ),
    (
        "Devices",
        (
            Item(
                "enrollment:devices", "Devices", "devices", (Permission.ENROLL,), ("enrollment:device",), key="devices"
            ),
            Item(
                "monitoring:unmatched",
                "Unmatched readings",
                "unmatched",
                (Permission.REVIEW_READINGS,),
                ("monitoring:unmatched", "monitoring:delivery", "monitoring:repair_reading", "monitoring:set_aside"),
                count="unmatched",
            ),
            Item(
                "monitoring:sources",
                "Data sources",
                "sources",
                (Permission.MANAGE_SOURCES,),
                ("monitoring:source", "monitoring:deliveries", "monitoring:withings", "monitoring:reference"),
            ),
        ),
    ),
    (
        "Time",
        (
            Item(
                "timetracking:my_day",
                "My day",
                "day",
                (Permission.TRACK_TIME,),
                ("timetracking:my_day", "timetracking:sign_day", "timetracking:confirm"),
                key="myday",
                tab=True,
                count="my_day",
            ),
            Item(
                "timetracking:staff_days",
                "Staff time",
                "staff",
                (Permission.ENTER_FOR_OTHERS,),
                ("timetracking:staff_days", "timetracking:approve_time", "timetracking:import_time"),
            ),
            Item(
                "timetracking:rules",
                "Time rules",
                "day",
                (Permission.CHANGE_TIME_RULES,),
                ("timetracking:rules", "timetracking:decide_rules"),
            ),
        ),
    ),
    (
        "Billing",
        (
            Item(
                "billing:practice",
                "Dashboard",
                "dashboard",
                (Permission.SEE_MONTHS,),
                ("billing:practice",),
                key="practice",
            ),
            Item(
                "billing:forecast",
                "Pre-close review",
                "preclose",
                (Permission.SEE_MONTHS,),
                ("billing:forecast",),
                month=0,
            ),
            Item("billing:months", "Month close", "months", (Permission.SEE_MONTHS,), ("billing:",), key="months"),
            Item(
                "billing:claims",
                "Claims",
                "claims",
                _BILLERS,
                ("billing:claim", "billing:submission", "billing:copy", "billing:send"),
                month=-1,
            ),
            Item("billing:denials", "Denials", "denials", _BILLERS, ("billing:denial",), key="denials"),
            Item(
                "billing:answers",
                "Payer responses",
                "answers",
                _BILLERS,
                ("billing:answer", "billing:remittances", "billing:check", "billing:deposit"),
            ),
            Item(
                "billing:policies",
                "Payer rules",
                "policies",
                (Permission.SEE_MONTHS,),
                ("billing:policies", "billing:draft", "billing:payer_profiles", "billing:own_cases", "billing:fee"),
            ),
            Item(
                "billing:rule_years",
                "Rule years",
                "policies",
                (Permission.APPROVE_RULES,),
                ("billing:rule_year", "billing:load_rule_year"),
            ),
        ),
    ),
    (
        "Compliance",
        (
            Item("billing:packets", "Audit packets", "packets", (Permission.SEE_MONTHS,), ("billing:packet",)),
            Item("billing:mock_audits", "Mock audits", "audit", (Permission.SEE_MONTHS,), ("billing:mock_audit",)),
            Item("audit", "Audit log", "audit", (Permission.SEE_AUDIT,), ("audit",)),
            Item("export", "Data export", "export", (Permission.EXPORT_ALL,), ("export",)),
        ),
    ),
    (
        "Practice",
        (
            Item("people", "Staff", "patients", (Permission.MANAGE_PEOPLE,), ("people", "invite", "change_email")),
            Item("display_settings", "Display", "admin", (Permission.CHANGE_DISPLAY,), ("display_settings",)),
            Item("security", "Security", "admin", (Permission.CHANGE_SECURITY,), ("security", "decide_security")),
            Item(
                "enrollment:diagnosis_releases",
                "Diagnosis codes",
                "export",
                (Permission.LOAD_RULES,),
                ("enrollment:diagnosis_releases",),
            ),
        ),
    ),
)


def current_item(view: str) -> Item | None:
    """The item of a page by the name of its view; None if it belongs to none."""
    found = [(len(page), item) for _, items in GROUPS for item in items for page in item.pages if view.startswith(page)]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def groups_of(permissions: Iterable[str], *, view: str, now: datetime, zone: str) -> list[tuple[str, list[Link]]]:
    """The groups with the links that these permissions show. A group without links is left out."""
    may, here, today = frozenset(permissions), current_item(view), Month.current(now, zone)
    groups = []
    for heading, items in GROUPS:
        links = [Link(item, item.address(today), item is here) for item in items if may.issuperset(item.needs)]
        if links:
            groups.append((heading, links))
    return groups
