"""Roles, permissions, and the decorator that checks them."""

from collections.abc import Callable
from functools import wraps
from typing import Protocol

from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render


class Role(models.TextChoices):
    """A membership's role. The rules engine uses the same values."""

    PHYSICIAN = "physician", "Physician"
    QHP = "qhp", "Qualified health professional"
    CLINICAL_STAFF = "clinical_staff", "Clinical staff"
    THERAPIST = "therapist", "Therapist"
    THERAPIST_ASSISTANT = "therapist_assistant", "Therapist assistant"
    MANAGER = "manager", "Practice manager"
    BILLER = "biller", "Biller"
    ADMIN = "admin", "Administrator"
    AUDITOR = "auditor", "Auditor (read-only)"


class Credential(models.TextChoices):
    """A professional credential, shown after the name."""

    MD = "MD", "MD"
    DO = "DO", "DO"
    NP = "NP", "NP"
    PA = "PA", "PA"
    CNS = "CNS", "CNS"
    RN = "RN", "RN"
    LPN = "LPN", "LPN"
    MA = "MA", "MA"
    PT = "PT", "PT"
    OT = "OT", "OT"
    SLP = "SLP", "SLP"
    PTA = "PTA", "PTA"
    OTA = "OTA", "OTA"


class Permission(models.TextChoices):
    """A permission, with a label for the refusal page."""

    SEE_PATIENTS = "see_patients", "see patients and their charts"
    READ_TEXT = "read_text", "read notes, call texts and messages"
    REVIEW_READINGS = "review_readings", "review readings and alerts"
    TRACK_TIME = "track_time", "track time and log calls"
    ENTER_TIME = "enter_time", "enter time by hand and void it"
    ENTER_FOR_OTHERS = "enter_for_others", "enter time for another person and see the days of all staff"
    SEE_MONTHS = "see_months", "see months and claim lines"
    REVIEW_LINES = "review_lines", "approve and hold claim lines"
    OVERRIDE_LINES = "override_lines", "request and approve billing overrides"
    CLOSE_MONTH = "close_month", "calculate a month and submit it for lock"
    APPROVE_SEAL = "approve_seal", "lock a month, and reopen it"
    SEND_CLAIMS = "send_claims", "send claims and post the payers' answers"
    ATTEST = "attest", "attest to the claim lines billed under one's name"
    ENROLL = "enroll", "enroll patients and hand out devices"
    RECORD_FACTS = "record_facts", "record authorizations, stays and claims of others"
    SIGN_ORDERS = "sign_orders", "sign orders"
    BRING_IN = "bring_in", "import patients"
    MANAGE_SOURCES = "manage_sources", "open and revoke the keys of those who send readings"
    EXPORT_ALL = "export_all", "export a practice's or a patient's data"
    DRAFT_POLICIES = "draft_policies", "draft payers' policies and submit them"
    APPROVE_POLICIES = "approve_policies", "approve payers' policies that another person submitted"
    LOAD_RULES = "load_rules", "load rule years and releases of diagnosis codes"
    APPROVE_RULES = "approve_rules", "put a rule year in force that another person submitted"
    MANAGE_PEOPLE = "manage_people", "invite people and end their roles"
    CHANGE_EMAIL = "change_email", "change a person's sign-in address"
    CHANGE_DISPLAY = "change_display", "change the units that the practice's pages show"
    CHANGE_SECURITY = "change_security", "change the practice's security settings and decide on another's change"
    CHANGE_TIME_RULES = "change_time_rules", "change the practice's rules for time and decide on another's change"
    CHANGE_MONEY_RULES = (
        "change_money_rules",
        "change the practice's limit for write-offs and decide on another's change",
    )
    CHANGE_BILLING = "change_billing", "change billing settings and decide on another's change"
    BREAK_GLASS = "break_glass", "open charts for an hour in an emergency"
    SEE_AUDIT = "see_audit", "read the audit log"


_CLINICIAN = {
    Permission.SEE_PATIENTS,
    Permission.READ_TEXT,
    Permission.REVIEW_READINGS,
    Permission.TRACK_TIME,
    Permission.ENROLL,
    Permission.RECORD_FACTS,
    Permission.ENTER_TIME,
}
_SIGNER = _CLINICIAN | {Permission.SEE_MONTHS, Permission.SIGN_ORDERS, Permission.ATTEST}
PERMISSIONS_BY_ROLE: dict[str, set[Permission]] = {
    Role.PHYSICIAN: _SIGNER
    | {
        Permission.APPROVE_SEAL,
        Permission.APPROVE_POLICIES,
        Permission.APPROVE_RULES,
        Permission.OVERRIDE_LINES,
        Permission.CHANGE_TIME_RULES,
        Permission.CHANGE_MONEY_RULES,
        Permission.CHANGE_BILLING,
    },
    Role.QHP: _SIGNER,
    Role.THERAPIST: _SIGNER,
    Role.CLINICAL_STAFF: _CLINICIAN,
    Role.THERAPIST_ASSISTANT: _CLINICIAN,
    Role.MANAGER: {
        Permission.SEE_PATIENTS,
        Permission.READ_TEXT,
        Permission.SEE_MONTHS,
        Permission.REVIEW_LINES,
        Permission.OVERRIDE_LINES,
        Permission.CLOSE_MONTH,
        Permission.APPROVE_SEAL,
        Permission.SEND_CLAIMS,
        Permission.ENROLL,
        Permission.RECORD_FACTS,
        Permission.ENTER_TIME,
        Permission.ENTER_FOR_OTHERS,
        Permission.BRING_IN,
        Permission.MANAGE_SOURCES,
        Permission.DRAFT_POLICIES,
        Permission.APPROVE_POLICIES,
        Permission.LOAD_RULES,
        Permission.APPROVE_RULES,
        Permission.MANAGE_PEOPLE,
        Permission.CHANGE_TIME_RULES,
        Permission.CHANGE_MONEY_RULES,
        Permission.CHANGE_BILLING,
        Permission.CHANGE_DISPLAY,
        Permission.SEE_AUDIT,
    },
    # The minimum necessary for claims (45 CFR 164.502(b)): charts without clinical text.
    Role.BILLER: {
        Permission.SEE_PATIENTS,
        Permission.SEE_MONTHS,
        Permission.REVIEW_LINES,
        Permission.SEND_CLAIMS,
        Permission.RECORD_FACTS,
    },
    Role.ADMIN: {
        Permission.BREAK_GLASS,
        Permission.CHANGE_EMAIL,
        Permission.CHANGE_DISPLAY,
        Permission.CHANGE_SECURITY,
        Permission.LOAD_RULES,
        Permission.APPROVE_RULES,
        Permission.MANAGE_SOURCES,
        Permission.MANAGE_PEOPLE,
        Permission.SEE_AUDIT,
        Permission.BRING_IN,
        Permission.EXPORT_ALL,
    },
    Role.AUDITOR: {Permission.SEE_PATIENTS, Permission.READ_TEXT, Permission.SEE_MONTHS, Permission.SEE_AUDIT},
}


# Whoever signs, seals, approves, or gives others such a role: one person cannot give it alone.
_SECOND_PERSON_PERMISSIONS = {
    Permission.SIGN_ORDERS,
    Permission.ATTEST,
    Permission.CLOSE_MONTH,
    Permission.APPROVE_SEAL,
    Permission.OVERRIDE_LINES,
    Permission.APPROVE_POLICIES,
    Permission.APPROVE_RULES,
    Permission.MANAGE_PEOPLE,
    Permission.CHANGE_TIME_RULES,
    Permission.CHANGE_BILLING,
}
SECOND_PERSON_ROLES = sorted(
    str(role) for role, permissions in PERMISSIONS_BY_ROLE.items() if permissions & _SECOND_PERSON_PERMISSIONS
)


def may(role: str, permission: Permission) -> bool:
    """Whether a role has a permission."""
    return permission in PERMISSIONS_BY_ROLE.get(role, set())


class HasRole(Protocol):
    """A membership; `accounts`, which has the model, imports this module."""

    role: str


def has_permission(membership: HasRole, permission: Permission) -> bool:
    """Whether a membership has a permission now: by its role, or by emergency access."""
    return may(membership.role, permission) or permission in getattr(membership, "in_emergency", ())


def roles_with(permission: Permission) -> list[str]:
    """The labels of the roles that have a permission, to show who can help."""
    return [Role(role).label for role in PERMISSIONS_BY_ROLE if may(role, permission)]


def allow(permission: Permission) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Decorator: run the view only for memberships with `permission`; others get a page that names the missing one."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            membership = getattr(request, "membership", None)
            if membership is None or not has_permission(membership, permission):
                return refuse(request, permission)
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def refuse(request: HttpRequest, permission: Permission) -> HttpResponse:
    """A 403 page with the missing permission and the roles that have it, without revealing the requested object."""
    membership = getattr(request, "membership", None)
    context = {
        "permission": permission,
        "roles": roles_with(permission),
        "emergency": permission == Permission.SEE_PATIENTS
        and membership
        and may(membership.role, Permission.BREAK_GLASS),
    }
    return render(request, "403.html", context, status=403)
