"""The patient letter of a month: readings, calls, billed lines and the patient's possible share."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from billing.claims.billing_data import Profiles
from billing.evidence.patient_letter_texts import day_words, month_words, text_in
from billing.models import CLOSED_STATES, ClaimLine, LineState
from billing.policies.expected import worth_of
from billing.policies.rules_in_force import codes_of
from billing.review.queries import close_of
from billing.rules.decision import CARE_MANAGEMENT, COMANAGEMENT
from enrollment.models import Enrollment, Patient
from monitoring.models import ReadingDay
from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import Month, clock, local_day
from timetracking.intervals.spans import seconds
from timetracking.models import Call, MonthTotal

# The patient's share under Medicare Part B (42 U.S.C. 1395l(a)(1)): 20 percent, after the deductible.
COINSURANCE = Decimal("0.20")
PART_B = "MB"  # the claim filing indicator of Medicare Part B (X12 1032)


@dataclass(frozen=True, slots=True)
class LetterLine:
    """One line in the patient's words."""

    code: str
    what: str
    on: str


@dataclass(slots=True)
class Letter:
    """The sections of the letter, in the patient's language."""

    title: str
    intro: str
    days: str
    calls: list[str]
    worked: str
    billed: list[LetterLine] = field(default_factory=list)
    payers: str = ""
    nothing: str = ""
    share: list[str] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)


def letter_of(practice: Practice, patient: Patient, *, month: Month, language: str) -> Letter:
    """The letter of a patient's month. Eight statements.

    Only a sealed month shows billed lines; before, the letter says so. Held and dropped lines are left out.
    """
    text = text_in(language)
    served = Enrollment.objects.for_practice(practice).filter(patient=patient, program__in=["RPM", "RTM"])
    rows = list(served.filter(started_on__lte=month.last_day).select_related("billing_provider__user"))
    # The newest enrollment first: its billing provider is named. Without an enrollment nobody is.
    rows.sort(key=lambda row: row.started_on, reverse=True)
    month_name = month_words(month.first_day, language)
    count = (
        ReadingDay.objects.filter(
            enrollment__in=rows, automatic__gt=0, local_day__range=(month.first_day, month.last_day)
        )
        .values("local_day")
        .distinct()
        .count()
    )
    sums = MonthTotal.objects.filter(enrollment__in=rows, month=month.first_day)
    worked = sum(row.provider_seconds + row.staff_seconds for row in sums)
    letter = Letter(
        title=text("title", month=month_name),
        intro=_intro_text(practice, rows, month_name, language),
        days=text("one_day" if count == 1 else "days" if count else "no_days", count=count),
        calls=_call_texts(practice, rows, month=month, language=language) or [text("no_calls")],
        worked=text("worked", time=clock(worked)) if worked else "",
    )
    profile = Profiles(practice).of(rows[0].clinic_id if rows else None, None, month.last_day)
    phone = text("phone", number=profile.phone) if profile else ""
    lines = _approved_lines(practice, patient, month)
    # By the kind of payer, not by its policy: a Medicare Advantage plan has its own cost sharing.
    medicare = bool(lines) and all(line.claim.payer and line.claim.payer.filing == PART_B for line in lines)
    letter.closing = [text("wrong", phone=phone), text("hotline" if medicare else "card"), text("stop")]
    if not lines:
        close = close_of(practice, month)
        letter.nothing = text("nothing" if close is not None and close.state in CLOSED_STATES else "open")
        return letter
    day_counts = _reading_days(lines)
    letter.billed = [_letter_line(line, language, days=day_counts.get(line.pk, 0)) for line in lines]
    letter.payers = text(
        "payer", payer=", ".join(sorted({str(line.claim.payer) for line in lines if line.claim.payer}))
    )
    letter.share = [text("medicare") if medicare else text("insurance")]
    if medicare and (amount := _patient_share(practice, lines)) is not None:
        letter.share.append(text("about", amount=f"${amount:,.2f}"))
    return letter


def _intro_text(practice: Practice, rows: list[Enrollment], month: str, language: str) -> str:
    """The introduction: the practice, the provider if there is one, and the month."""
    text = text_in(language)
    if not rows:
        return text("intro_alone", practice=practice.name, month=month)
    return text("intro", practice=practice.name, provider=rows[0].billing_provider.signature, month=month)


def _approved_lines(practice: Practice, patient: Patient, month: Month) -> list[ClaimLine]:
    """The approved lines of a sealed month in the letter's order: device and set-up before management."""
    rows = ClaimLine.objects.filter(
        practice=practice,
        patient=patient,
        close__month=month.first_day,
        close__state__in=CLOSED_STATES,
        state=LineState.APPROVED,
    )
    return list(rows.select_related("claim__payer", "close").order_by("component", "code", "dos"))


def _call_texts(practice: Practice, rows: list[Enrollment], *, month: Month, language: str) -> list[str]:
    """The live calls of the month as sentences, oldest first."""
    text = text_in(language)
    calls = Call.objects.standing().filter(
        enrollment__in=rows,
        is_live=True,
        started_at__gte=month.starts_at(practice.zone),
        started_at__lt=month.ends_at(practice.zone),
    )
    return [
        text(
            "call",
            day=day_words(local_day(call.started_at, practice.zone), language),
            who=call.called_by,
            length=clock(seconds(call.started_at, call.ended_at)),
        )
        for call in calls.select_related("called_by").order_by("started_at")
    ]


def _letter_line(line: ClaimLine, language: str, *, days: int) -> LetterLine:
    """A line in plain words, with its own numbers."""
    text, code = text_in(language), codes_of(line.practice_id, on=line.dos).by_code[line.code]
    on = day_words(line.dos, language)
    if line.component == "device":
        start = day_words(line.period_start or line.dos, language)
        what = text("device", count=days, start=start, end=on)
    elif line.component == "setup":
        what = text("setup")
    elif line.component == COMANAGEMENT:
        what = text("access")
    elif line.component == CARE_MANAGEMENT:
        what = text("care_add_on" if code.role == "add_on" else "care")
    elif code.role == "add_on":
        what = text("add_on")
    else:
        what = text("base", minutes=code.min(line.dos) // 60)
    if line.units > 1:
        what = f"{what}, {text('times', count=line.units)}"
    return LetterLine(line.code, what, on)


def _reading_days(lines: list[ClaimLine]) -> dict[int, int]:
    """Reading days of each device line; two devices on one day count once. One statement."""
    day_ids = {
        line.pk: [int(row_id[4:]) for row_id in line.evidence if row_id.startswith("day:")]
        for line in lines
        if line.component == "device"
    }
    days = dict(
        ReadingDay.objects.filter(pk__in=[pk for pks in day_ids.values() for pk in pks]).values_list("pk", "local_day")
    )
    return {key: len({days[pk] for pk in pks if pk in days}) for key, pks in day_ids.items()}


def _patient_share(practice: Practice, lines: list[ClaimLine]) -> Decimal | None:
    """A fifth of the amount Medicare allows for the lines, to the cent; None if a rate is not on file.

    Co-management in the ACCESS model has no coinsurance (AAFP FPM, "How to get paid through ACCESS"; unverified).
    """
    lines = [line for line in lines if line.component != COMANAGEMENT]
    worth = worth_of(practice, lines)
    if any(line.claim_id not in worth for line in lines):
        return None
    return (sum(worth.values(), Decimal()) * COINSURANCE).quantize(Decimal("0.01"), ROUND_HALF_UP)
