"""Drafts of policies: copied from the policy in force, changed, tried, submitted, approved by a second person.

A policy in force is never edited: approving a draft ends it the day before and creates the next one.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from billing.models import CLOSED_STATES, STRICTEST, DraftState, MonthClose, PayerPolicy, PolicyDraft
from billing.policies.coverage_check import NAMES
from billing.policies.own_cases import broken_by
from billing.policies.rules_in_force import rules_of
from billing.rules import Policy, PolicyError
from billing.rules.policy import parameters
from enrollment.models import Payer
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused

OPEN_STATES = (DraftState.DRAFT, DraftState.SUBMITTED)


def value_of(key: str, text: str) -> object:
    """Typed text as a value for the engine: yes or no, a number, words separated by commas. Raises Refused."""
    kind, typed = parameters().get(key, {}).get("type", ""), text.strip()
    if typed.lower() in {"", "none"}:
        return None
    if kind == "flag":
        if typed.lower() not in {"yes", "no", "true", "false"}:
            raise Refused(f"{key} is yes or no.")
        return typed.lower() in {"yes", "true"}
    if kind == "count":
        if not (typed.isascii() and typed.isdigit() and len(typed) < 7):
            raise Refused(f"{key} is a whole number.")
        return int(typed)
    if kind == "list" or (kind == "scope" and typed not in parameters()[key]["choices"]):
        return [word.strip() for word in typed.split(",") if word.strip()]
    if kind == "caps":
        try:
            return json.loads(typed)
        except ValueError:
            raise Refused(f'{key} is written like {{"99458": 2}}.') from None
    return typed


def as_typed(value: object) -> str:
    """A departure's value as text that `value_of` reads back."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return json.dumps(value)
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def policy_of(draft: PolicyDraft) -> Policy:
    """The draft as a policy of the engine. Raises Refused naming what is wrong in it."""
    try:
        preset = rules_of(draft.practice_id).preset(draft.preset)
        return preset.with_departures(draft.departures, name=f"draft {draft.public_id}")
    except PolicyError as error:
        raise Refused(str(error)) from None


@transaction.atomic
def start_draft(*, payer: Payer, by: Membership, now: datetime) -> PolicyDraft:
    """A copy of the policy in force, to be changed; or the payer's open draft, if there is one."""
    Payer.objects.select_for_update(of=("self",)).get(pk=payer.pk)
    open_draft: PolicyDraft | None = PolicyDraft.objects.filter(payer=payer, state__in=OPEN_STATES).first()
    if open_draft is not None:
        return open_draft
    today = local_day(now, by.practice.zone)
    current = PayerPolicy.objects.filter(payer=payer, starts_on__lte=today).exclude(ends_on__lt=today).first()
    row = PolicyDraft(
        practice=by.practice,
        payer=payer,
        preset=current.preset if current else STRICTEST,
        departures=current.departures if current else [],
        starts_on=Month.of(today).plus(1).first_day,
        made_by=by.user,
        made_at=now,
    )
    save_with_reason(row, reason="Drafted", by=by.user)
    record_change(row, "draft_policy", by=by, now=now, **_audit_detail(row))
    return row


@transaction.atomic
def change_draft(*, draft: PolicyDraft, values: Mapping[str, Any], by: Membership, now: datetime) -> PolicyDraft:
    """Store preset, starts_on, source and departures. Raises Refused; then nothing is stored."""
    draft = _lock_in_state(draft, DraftState.DRAFT, "Only a draft is changed")
    if values["preset"] not in NAMES:
        raise Refused("Choose what the policy is made of.")
    if values["starts_on"] is None:
        raise Refused("Enter the first day of the policy.")
    draft.preset, draft.starts_on, draft.source = values["preset"], values["starts_on"], values["source"].strip()[:200]
    draft.departures = list(values["departures"])
    policy_of(draft)
    save_with_reason(draft, reason="Changed", by=by.user)
    record_change(draft, "change_policy_draft", by=by, now=now, **_audit_detail(draft))
    return draft


@transaction.atomic
def submit_draft(*, draft: PolicyDraft, by: Membership, now: datetime) -> PolicyDraft:
    """Submit the draft to a second person. Raises Refused without a source or for days that are sealed."""
    draft = _lock_in_state(draft, DraftState.DRAFT, "Only a draft is submitted")
    policy_of(draft)
    if len(draft.source) < 3:
        raise Refused("Name the document this rests on: a letter, a page of the payer, with its date.")
    _check_not_sealed(draft)
    draft.state, draft.submitted_by, draft.submitted_at = DraftState.SUBMITTED, by.user, now
    save_with_reason(draft, reason="Submitted", by=by.user)
    record_change(draft, "submit_policy_draft", by=by, now=now, **_audit_detail(draft))
    return draft


@transaction.atomic
def decide_draft(*, draft: PolicyDraft, approve: bool, reason: str, by: Membership, now: datetime) -> PolicyDraft:
    """The second person puts the policy in force from its day, or refuses it with a reason. Raises Refused.

    Approving ends the policy in force the day before; versions that begin later must be ended first.
    """
    draft = _lock_in_state(draft, DraftState.SUBMITTED, "Only a submitted draft is decided on")
    if approve and by.user_id == draft.submitted_by_id:
        raise Refused("You submitted this draft; another person approves it.")
    if not approve and len(reason.strip()) < 3:
        raise Refused("Say why, so that it can be corrected.")
    if approve:
        _check_own_cases(draft, reason)
        _check_not_sealed(draft)
        draft.policy = _put_in_force(draft, by=by)
    draft.state = DraftState.APPROVED if approve else DraftState.REFUSED
    draft.decided_by, draft.decided_at, draft.reason = by.user, now, reason.strip()[:300]
    save_with_reason(draft, reason=draft.state.capitalize(), by=by.user)
    record_change(draft, "approve_policy" if approve else "refuse_policy_draft", by=by, now=now, **_audit_detail(draft))
    return draft


def _check_own_cases(draft: PolicyDraft, reason: str) -> None:
    """Raise Refused if the draft breaks own cases of the practice and nobody says why it is right all the same."""
    _, broken = broken_by(draft)
    if broken and len(reason.strip()) < 10:
        titles = "; ".join(result.case.title for result in broken[:5])
        raise Refused(f"This draft breaks own cases: {titles}. Enter the reason (10 characters) to approve it.")


def _put_in_force(draft: PolicyDraft, *, by: Membership) -> PayerPolicy:
    rows = PayerPolicy.objects.select_for_update().filter(payer=draft.payer_id)
    rows = rows.filter(Q(ends_on=None) | Q(ends_on__gte=draft.starts_on)).order_by("starts_on")
    for row in rows:
        if row.starts_on >= draft.starts_on:
            raise Refused(f"A policy of this payer begins on {row.starts_on}; this one must begin after it.")
        row.ends_on = draft.starts_on - timedelta(days=1)
        save_with_reason(row, reason="Followed by another", by=by.user, fields=["ends_on"])
    policy = PayerPolicy(
        practice=draft.practice,
        payer=draft.payer,
        preset=draft.preset,
        departures=draft.departures,
        starts_on=draft.starts_on,
        source=draft.source,
    )
    save_with_reason(policy, reason="Approved", by=by.user)
    return policy


def _lock_in_state(draft: PolicyDraft, state: str, what: str) -> PolicyDraft:
    rows = PolicyDraft.objects.select_for_update(of=("self",)).select_related("payer", "practice")
    draft = rows.get(pk=draft.pk)
    if draft.state != state:
        raise Refused(f"{what}; this one is {draft.get_state_display()}.")
    return draft


def _check_not_sealed(draft: PolicyDraft) -> None:
    shut = MonthClose.objects.filter(practice=draft.practice_id, state__in=CLOSED_STATES)
    last: date | None = shut.order_by("-month").values_list("month", flat=True).first()
    if last is not None and draft.starts_on <= Month.of(last).last_day:
        raise Refused(f"{Month.of(last).words} is locked; payer rules begin after its last day.")


def _audit_detail(draft: PolicyDraft) -> dict[str, str]:
    """The detail of an event about a draft."""
    return {"from": draft.starts_on.isoformat(), "preset": draft.preset}
