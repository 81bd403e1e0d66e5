"""The navigation of a role: groups of pages with headings, and the item of the current page.

An item is shown to those who have its permissions. A page belongs to the item whose `pages` has the longest beginning
of the page's name, so that a new page of an area needs no entry.
"""

from collections.abc import Iterable
from datetime import datetime

from rpm_portal.core.access import Permission
from rpm_portal.core.days import Month
from rpm_portal.pages.navigation.item import Item, NavigationLink

_CHARTS = (
    "chart",
    "patient_",
    "clinical_lists",
    "watching",
    "disclosures",
    "contact:",
    "enrollment:",
    "monitoring:",
    "timetracking:",
)
_MONTHS = (Permission.SEE_MONTHS,)
_MONEY = (
    "billing:ageing",
    "billing:bank_file",
    "billing:decide_money_rules",
    "billing:decide_write_off",
    "billing:hand_over",
    "billing:money_rules",
    "billing:patient_shares",
    "billing:take_back_write_off",
    "billing:underpayments",
    "billing:write_off",
)
# Providers may open claims and packets by a link, but do not work with the lists.
_BILLERS = (Permission.SEND_CLAIMS, Permission.SEE_AUDIT)
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
                "timetracking:inbox",
                "Messages",
                "answers",
                (Permission.READ_TEXT,),
                ("timetracking:inbox", "timetracking:thread", "timetracking:new_thread", "timetracking:response"),
                key="messages",
                count="messages",
            ),
            Item(
                "to_sign:inbox",
                "To sign",
                "sign",
                (Permission.SIGN_ORDERS,),
                ("to_sign:",),
                key="tosign",
                count="to_sign",
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
                "contact:stop_requests",
                "Requests to stop",
                "enroll",
                (Permission.ENROLL,),
                ("contact:stop_requests", "contact:decide"),
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
            Item("fhir:clients", "Integrations", "sources", (Permission.MANAGE_SOURCES,), ("fhir:",)),
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
                (
                    "timetracking:staff_days",
                    "timetracking:approve_time",
                    "timetracking:import_time",
                    "timetracking:productivity",
                ),
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
                _MONTHS,
                ("billing:practice",),
                key="practice",
            ),
            Item(
                "billing:forecast",
                "Pre-close review",
                "preclose",
                _MONTHS,
                ("billing:forecast",),
                month=0,
            ),
            Item("billing:months", "Month close", "months", _MONTHS, ("billing:",), key="months"),
            Item(
                "billing:claims",
                "Claims",
                "claims",
                _MONTHS,
                ("billing:claim", "billing:submission", "billing:copy", "billing:send"),
                month=-1,
                one_of=_BILLERS,
            ),
            Item(
                "billing:work",
                "Claims work",
                "denials",
                _MONTHS,
                ("billing:work", "billing:act_on_work", "billing:refund", "billing:appeal", "billing:hold_rules"),
                one_of=_BILLERS,
            ),
            Item("billing:denials", "Denials", "denials", _MONTHS, ("billing:denial",), key="denials", one_of=_BILLERS),
            Item(
                "billing:answers",
                "Payer responses",
                "answers",
                (Permission.SEE_MONTHS, Permission.SEND_CLAIMS),
                ("billing:answer", "billing:remittances", "billing:check", "billing:deposit", *_MONEY),
            ),
            Item("reports:reports", "Reports", "export", _MONTHS, ("reports:",)),
            Item(
                "billing:policies",
                "Payer rules",
                "policies",
                _MONTHS,
                ("billing:policies", "billing:draft", "billing:payer_profiles", "billing:own_cases", "billing:fee"),
            ),
            Item(
                "billing:all_billing_settings",
                "Billing settings",
                "policies",
                (Permission.CHANGE_BILLING,),
                ("billing:all_billing", "billing:billing_settings", "billing:change_billing", "billing:decide_billing"),
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
            Item("billing:packets", "Audit packets", "packets", _MONTHS, ("billing:packet",), one_of=_BILLERS),
            Item("billing:mock_audits", "Mock audits", "audit", _MONTHS, ("billing:mock_audit",), one_of=_BILLERS),
            Item("audit", "Audit log", "audit", (Permission.SEE_AUDIT,), ("audit",)),
            Item("export", "Data export", "export", (Permission.EXPORT_ALL,), ("export",)),
        ),
    ),
    (
        "Practice",
        (
            Item("people", "Staff", "patients", (Permission.MANAGE_PEOPLE,), ("people", "invite", "change_email")),
            Item("notices:channels", "Channels", "sources", (Permission.MANAGE_SOURCES,), ("notices:channel",)),
            Item(
                "notices:not_sent",
                "Messages not sent",
                "alerts",
                (Permission.MANAGE_SOURCES,),
                ("notices:not_sent", "notices:act"),
            ),
            Item("display_settings", "Display", "admin", (Permission.CHANGE_DISPLAY,), ("display_settings",)),
            Item("ehr:links", "EHR launch", "sources", (Permission.CHANGE_SECURITY,), ("ehr:",)),
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
    ("More", (Item("help", "Help", "help", (), ("help", "definitions", "first_day")),)),
)


def current_item(view: str) -> Item | None:
    """The item of a page by the name of its view; None if it belongs to none."""
    found = [(len(page), item) for _, items in GROUPS for item in items for page in item.pages if view.startswith(page)]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def groups_of(
    permissions: Iterable[str], *, view: str, now: datetime, zone: str
) -> list[tuple[str, list[NavigationLink]]]:
    """The groups with the links that these permissions show. A group without links is left out."""
    may, here, today = frozenset(permissions), current_item(view), Month.current(now, zone)
    groups = [
        (heading, [NavigationLink(item, item.address(today), item is here) for item in items if item.is_for(may)])
        for heading, items in GROUPS
    ]
    return [(heading, links) for heading, links in groups if links]
