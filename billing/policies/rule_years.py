"""Rule years: a file is loaded, tried, submitted, and put in force by a second person; withdrawn before a month closes.

A file is never changed: another one replaces it. Only the file in force has an effect (`rules_in_force`).
"""

from datetime import datetime
from pathlib import Path

from django.db import transaction

from billing import rules as engine
from billing.models import CLOSED_STATES, MonthClose, Rate, RuleYearFile, YearState
from billing.policies.own_cases import results_in_year
from billing.policies.rules_in_force import rules_of
from billing.rules import PolicyError
from billing.rules.rule_set import RuleSet, rules_with
from billing.rules.rule_year import MAX_BYTES, RuleYear, read_rule_year
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import Month
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused

_SHIPPED = Path(engine.__file__).parent / "years"
_LEAST_REASON = 3


def shipped_drafts() -> dict[str, Path]:
    """The draft files that ship with the product, by name. None is in force."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.toml"))}


def text_of(body: bytes) -> str:
    """The text of an uploaded file. Raises Refused."""
    if len(body) > MAX_BYTES:
        raise Refused("This file is larger than 1 MB. A rule year has a few dozen codes; check the file.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("This file is not UTF-8 text. Save it as UTF-8 and load it again.") from None
    if "\x00" in text:
        raise Refused("This is no text file. Load a TOML or JSON file.")
    return text


def read(text: str) -> RuleYear:
    """The rule year of a text. Raises Refused naming key and reason."""
    try:
        return read_rule_year(text)
    except PolicyError as error:
        raise Refused(f"This file is refused: {error}.") from None


def rules_under(practice_id: int, year: RuleYear) -> tuple[RuleSet, RuleSet]:
    """The practice's rules without a year, and with it. Raises Refused if it does not fit. One statement."""
    others = [other for other in rules_of(practice_id).years if other.year != year.year]
    try:
        return rules_with(others), rules_with([*others, year])
    except PolicyError as error:
        raise Refused(f"This file is refused: {error}.") from None


@transaction.atomic
def load_file(*, text: str, by: Membership, now: datetime) -> RuleYearFile:
    """Store a file as the draft of its year; an earlier draft of that year is replaced. Raises Refused."""
    year = read(text)
    rules_under(by.practice_id, year)
    files = RuleYearFile.objects.select_for_update(of=("self",)).filter(practice=by.practice, year=year.year)
    for other in files.filter(state__in=(YearState.DRAFT, YearState.SUBMITTED)):
        if other.state == YearState.SUBMITTED:
            raise Refused(f"A file for {year.year} waits for a second person. Decide on it first.")
        other.state = YearState.REPLACED
        save_with_reason(other, reason="Replaced by another file", by=by.user, fields=["state"])
    row = RuleYearFile(
        practice=by.practice,
        year=year.year,
        title=year.title,
        content=text,
        digest=year.digest,
        made_by=by.user,
        made_at=now,
    )
    save_with_reason(row, reason="Loaded", by=by.user)
    record_change(row, "load_rule_year", by=by, now=now, **_audit_detail(row))
    return row


@transaction.atomic
def submit_file(*, file: RuleYearFile, by: Membership, now: datetime) -> RuleYearFile:
    """Submit a draft to a second person. Raises Refused for a file whose sources nobody has read."""
    file = _lock_in_state(file, YearState.DRAFT, "Only a draft is submitted")
    if read(file.content).citation.unverified:
        raise Refused(
            "The file says that its sources were not read (unverified = true). Read the final rule, write its title, "
            "address and page into the file, remove that line, and load the file again."
        )
    _check_no_month_locked(file)
    file.state, file.submitted_by, file.submitted_at = YearState.SUBMITTED, by.user, now
    save_with_reason(file, reason="Submitted", by=by.user, fields=["state", "submitted_by", "submitted_at"])
    record_change(file, "submit_rule_year", by=by, now=now, **_audit_detail(file))
    return file


@transaction.atomic
def decide_file(*, file: RuleYearFile, approve: bool, reason: str, by: Membership, now: datetime) -> RuleYearFile:
    """The second person puts the year in force, or refuses it with a reason; also a year that breaks own cases of the
    practice needs one. Raises Refused.

    A file in force for the same year is replaced. Its rates are stored as the practice's rates of the year.
    """
    file = _lock_in_state(file, YearState.SUBMITTED, "Only a submitted file is decided on")
    if approve and by.user_id in {file.submitted_by_id, file.made_by_id}:
        raise Refused("You loaded or submitted this file; another person puts it in force.")
    if not approve and len(reason.strip()) < _LEAST_REASON:
        raise Refused("Say why, so that it can be corrected.")
    if approve:
        _check_no_month_locked(file)
        _check_own_cases(file, reason)
        _put_in_force(file, by=by)
    file.state = YearState.IN_FORCE if approve else YearState.REFUSED
    file.decided_by, file.decided_at, file.reason = by.user, now, reason.strip()[:300]
    save_with_reason(
        file,
        reason=file.get_state_display().capitalize(),
        by=by.user,
        fields=["state", "decided_by", "decided_at", "reason"],
    )
    action = "put_rule_year_in_force" if approve else "refuse_rule_year"
    record_change(file, action, by=by, now=now, **_audit_detail(file))
    return file


@transaction.atomic
def withdraw_file(*, file: RuleYearFile, reason: str, by: Membership, now: datetime) -> RuleYearFile:
    """Take a year out of force, before a month of it is locked; its lines then wait again. Raises Refused."""
    file = _lock_in_state(file, YearState.IN_FORCE, "Only a rule year in force is withdrawn")
    _check_no_month_locked(file)
    if len(reason.strip()) < _LEAST_REASON:
        raise Refused("Say why the rule year is withdrawn.")
    file.state, file.withdrawn_by, file.withdrawn_at = YearState.WITHDRAWN, by.user, now
    file.reason = reason.strip()[:300]
    fields = ["state", "withdrawn_by", "withdrawn_at", "reason"]
    save_with_reason(file, reason="Withdrawn", by=by.user, fields=fields)
    record_change(file, "withdraw_rule_year", by=by, now=now, **_audit_detail(file))
    return file


def _check_own_cases(file: RuleYearFile, reason: str) -> None:
    """Raise Refused if the year breaks own cases of the practice and nobody says why it is right all the same."""
    year = read(file.content)
    _, after = rules_under(file.practice_id, year)
    broken = [result for result in results_in_year(file.practice, year.year, after) if result.differences]
    if broken and len(reason.strip()) < 10:
        titles = "; ".join(result.case.title for result in broken[:5])
        raise Refused(f"This year breaks own cases: {titles}. Enter the reason (10 characters) to put it in force.")


def _put_in_force(file: RuleYearFile, *, by: Membership) -> None:
    year = read(file.content)
    rules_under(file.practice_id, year)
    for other in RuleYearFile.objects.filter(practice=file.practice, year=file.year, state=YearState.IN_FORCE):
        other.state = YearState.REPLACED
        save_with_reason(other, reason="Replaced by another file", by=by.user, fields=["state"])
    rates = [
        Rate(
            practice=file.practice,
            year=file.year,
            code=rate.code,
            locality=rate.locality,
            facility=rate.facility,
            factor_class=rate.factor_class,
            amount=rate.amount,
            source=rate.source,
        )
        for rate in year.rates
    ]
    Rate.objects.bulk_create(
        rates,
        update_conflicts=True,
        unique_fields=list(Rate.KEY),
        update_fields=["amount", "source"],
    )


def _lock_in_state(file: RuleYearFile, state: str, what: str) -> RuleYearFile:
    rows = RuleYearFile.objects.select_for_update(of=("self",)).select_related("practice")
    file = rows.get(pk=file.pk)
    if file.state != state:
        raise Refused(f"{what}; this one is {file.get_state_display()}.")
    return file


def _check_no_month_locked(file: RuleYearFile) -> None:
    closes = MonthClose.objects.filter(practice=file.practice_id, month__year=file.year, state__in=CLOSED_STATES)
    if (first := closes.order_by("month").values_list("month", flat=True).first()) is not None:
        raise Refused(f"{Month.of(first).words} is locked, so the rules of {file.year} do not change. Reopen it first.")


def _audit_detail(file: RuleYearFile) -> dict[str, str]:
    """The detail of an event about a file."""
    return {"year": str(file.year), "digest": file.digest[:12]}
