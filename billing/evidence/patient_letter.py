"""A month told to the patient: what came, when we spoke, what was billed and what may be theirs to pay."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from billing.evidence.patient_letter_texts import day_words, month_words, said_in
from billing.models import SHUT, ClaimLine, ClaimSetup, LineState
from billing.policies.rates import worth_of
from billing.review.queries import close_of
from billing.rules import load_codes
from enrollment.models import Enrollment, Patient
from monitoring.models import ReadingDay
from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import Month, clock, local_day
from timetracking.intervals.spans import seconds
from timetracking.models import Call, MonthTotal

# What Medicare Part B leaves to the patient (42 U.S.C. 1395l(a)(1)): 20 per cent, after the deductible.
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
    """The page, section by section, in the patient's language."""

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
    """A month of a patient in plain words. Eight statements.

    Only a sealed month has billed anything; a running one says so. Held and dropped lines are not told.
    """
    say = said_in(language)
    served = Enrollment.objects.for_practice(practice).filter(patient=patient, program__in=["RPM", "RTM"])
    rows = list(served.filter(started_on__lte=month.last_day).select_related("billing_provider__user"))
    # The one who was responsible last in the month; nobody where nothing had begun.
    rows.sort(key=lambda row: row.started_on, reverse=True)
    name = month_words(month.first_day, language)
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
        title=say("title", month=name),
        intro=_intro(practice, rows, name, language),
        days=say("one_day" if count == 1 else "days" if count else "no_days", count=count),
        calls=_calls(practice, rows, month=month, language=language) or [say("no_calls")],
        worked=say("worked", time=clock(worked)) if worked else "",
    )
    setup = ClaimSetup.objects.filter(practice=practice).first()
    phone = say("phone", number=setup.phone) if setup else ""
    lines = _lines(practice, patient, month)
    # By what the payer is, not by whose terms it follows: a Medicare Advantage plan has a cost sharing of its own.
    medicare = bool(lines) and all(line.claim.payer and line.claim.payer.filing == PART_B for line in lines)
    letter.closing = [say("wrong", phone=phone), say("hotline" if medicare else "card"), say("stop")]
    if not lines:
        close = close_of(practice, month)
        letter.nothing = say("nothing" if close is not None and close.state in SHUT else "open")
        return letter
    counted = _days_of(lines)
    letter.billed = [_told(line, language, days=counted.get(line.pk, 0)) for line in lines]
    letter.payers = say("payer", payer=", ".join(sorted({str(line.claim.payer) for line in lines if line.claim.payer})))
    letter.share = [say("medicare") if medicare else say("insurance")]
    if medicare and (amount := _share(practice, lines)) is not None:
        letter.share.append(say("about", amount=f"${amount:,.2f}"))
    return letter


def _intro(practice: Practice, rows: list[Enrollment], month: str, language: str) -> str:
    """Who follows the patient, and what the page is."""
    say = said_in(language)
    if not rows:
        return say("intro_alone", practice=practice.name, month=month)
    return say("intro", practice=practice.name, provider=rows[0].billing_provider.signature, month=month)


def _lines(practice: Practice, patient: Patient, month: Month) -> list[ClaimLine]:
    """What stands and was approved in a sealed month, as it is told: device and set-up before the work."""
    rows = ClaimLine.objects.filter(
        practice=practice, patient=patient, close__month=month.first_day, close__state__in=SHUT,
        state=LineState.APPROVED,
    )  # fmt: skip
    return list(rows.select_related("claim__payer", "close").order_by("component", "code", "dos"))


def _calls(practice: Practice, rows: list[Enrollment], *, month: Month, language: str) -> list[str]:
    """The conversations of the month, the oldest first."""
    say = said_in(language)
    calls = Call.objects.standing().filter(
        enrollment__in=rows, is_live=True, started_at__gte=month.starts_at(practice.zone),
        started_at__lt=month.ends_at(practice.zone),
    )  # fmt: skip
    return [
        say(
            "call", day=day_words(local_day(call.started_at, practice.zone), language), who=call.called_by,
            length=clock(seconds(call.started_at, call.ended_at)),
        )
        for call in calls.select_related("called_by").order_by("started_at")
    ]  # fmt: skip


def _told(line: ClaimLine, language: str, *, days: int) -> LetterLine:
    """A line in plain words; its own numbers, never another's."""
    say, code = said_in(language), load_codes().by_code[line.code]
    on = day_words(line.dos, language)
    if line.component == "device":
        start = day_words(line.period_start or line.dos, language)
        what = say("device", count=days, start=start, end=on)
    elif line.component == "setup":
        what = say("setup")
    elif code.role == "add_on":
        what = say("add_on")
    else:
        what = say("base", minutes=code.min(line.dos) // 60)
    if line.units > 1:
        what = f"{what}, {say('times', count=line.units)}"
    return LetterLine(line.code, what, on)


def _days_of(lines: list[ClaimLine]) -> dict[int, int]:
    """How many days of readings each line of supply rests on; two devices on one day make one day. One statement."""
    rests = {
        line.pk: [int(one[4:]) for one in line.evidence if one.startswith("day:")]
        for line in lines
        if line.component == "device"
    }
    days = dict(
        ReadingDay.objects.filter(pk__in=[pk for pks in rests.values() for pk in pks]).values_list("pk", "local_day")
    )
    return {key: len({days[pk] for pk in pks if pk in days}) for key, pks in rests.items()}


def _share(practice: Practice, lines: list[ClaimLine]) -> Decimal | None:
    """A fifth of what Medicare allows for the lines, to the cent; None where a rate is not on file."""
    worth = worth_of(practice, lines)
    if any(line.claim_id not in worth for line in lines):
        return None
    return (sum(worth.values(), Decimal()) * COINSURANCE).quantize(Decimal("0.01"), ROUND_HALF_UP)
