"""The patient letter: the same numbers as the lines, in two languages, nothing billed before the seal."""

import string
from datetime import date
from decimal import Decimal

import pytest
import time_machine

from billing.evidence.patient_letter import _reading_days, letter_of
from billing.evidence.patient_letter_texts import TEXTS, day_words, month_words
from billing.models import ClaimLine, LineState, Rate
from enrollment.services import change_patient
from monitoring.models import ReadingDay
from rpm_portal.audit.models import Event
from rpm_portal.core.days import Month
from tests.billing.close.test_close import AFTER, MARCH, compute
from tests.billing.sending_world import complete, sealed, set_line_state
from tests.builders import a_patient, an_enrollment, at, days
from tests.test_access import signed_in

pytestmark = pytest.mark.django_db


def letter_for(world, *, language="en", month=MARCH):
    return letter_of(world.practice, world.patient, month=month, language=language)


@pytest.fixture
def closed(world):
    complete(world)
    world.close = sealed(world)
    return world


def test_both_languages_have_all_texts_with_the_same_values():
    def values(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert TEXTS["en"].keys() == TEXTS["es"].keys()
    assert {key: values(text) for key, text in TEXTS["en"].items()} == {
        key: values(text) for key, text in TEXTS["es"].items()
    }
    assert not {key for key, text in TEXTS["es"].items() if text == TEXTS["en"][key] and key != "call"}
    assert (day_words(date(2026, 3, 2), "en"), month_words(date(2026, 12, 1), "en")) == (
        "March 2, 2026",
        "December 2026",
    )
    assert day_words(date(2026, 1, 31), "es") == "31 de enero de 2026"
    assert month_words(date(2026, 12, 1), "es") == "diciembre de 2026"


def test_a_sealed_month_is_listed_line_by_line(closed):
    letter = letter_for(closed)
    lines = {line.code: line for line in ClaimLine.objects.filter(close=closed.close)}
    assert [letter_line.code for letter_line in letter.billed] == ["99454", "99457", "99453"]
    device, management, setup = letter.billed
    assert device.what == "The device, which sent your readings on 30 days from February 10, 2026 to March 11, 2026"
    assert device.on == day_words(lines["99454"].dos, "en")
    assert management.what == "Looking at your readings and caring for you: the first 20 minutes of the month"
    assert setup.what == "Setting up your device and teaching you to use it, once"
    assert letter.intro.startswith("Prairie follows your readings at home, under the care of Physician P, MD.")
    assert letter.days == "Readings came from you on 31 days of the month."
    assert letter.calls == ["March 12, 2026: Clinical_Staff P, 3:00"]
    assert letter.worked == "We worked 21:40 for you in this month, in minutes and seconds."
    assert letter.payers.endswith("Medicare Part B")
    assert letter.share == [TEXTS["en"]["medicare"]], "no rate is on file: no number"
    assert letter.closing[0] == "If something here did not happen, please tell us at 312-555-0100."
    assert letter.closing[1] == TEXTS["en"]["hotline"]


def test_the_share_is_a_fifth_of_the_rates_to_the_cent_and_only_if_all_are_known(closed):
    for code, amount in (("99454", "47.03"), ("99457", "47.87")):
        Rate.objects.create(practice=closed.practice, code=code, year=2026, amount=Decimal(amount), source="test")
    assert len(letter_for(closed).share) == 1
    Rate.objects.create(practice=closed.practice, code="99453", year=2026, amount=Decimal("19.73"), source="test")
    assert letter_for(closed).share[1] == "For this page that is about $22.93.", "114.63 times 0.20 is 22.926"
    assert letter_for(closed, language="es").share[1] == "Por esta página son unos $22.93."
    closed.payer.filing = "16"  # Medicare Advantage: its own cost sharing, though it follows Medicare's terms
    closed.payer.save()
    letter = letter_for(closed)
    assert letter.share == [TEXTS["en"]["insurance"]]
    assert TEXTS["en"]["card"] in letter.closing


@pytest.mark.slow
@pytest.mark.parametrize("state", [LineState.HELD, LineState.DROPPED, LineState.REVERSED])
def test_a_line_that_was_not_billed_is_not_in_the_letter(closed, state):
    set_line_state(closed.close, state, code="99457")
    assert "99457" not in [line.code for line in letter_for(closed).billed]


def test_two_devices_on_one_day_are_one_day(closed):
    line = ClaimLine.objects.get(close=closed.close, code="99454")
    assert _reading_days([line]) == {line.pk: 30}
    patient = a_patient(closed.practice, closed.user("clinical_staff"), mrn="L2", family="Two")
    second_device = an_enrollment(closed, patient, serial="second")
    closed.read(days("2026-02-10", "2026-02-10"), serial="second")
    line.evidence.append(f"day:{ReadingDay.objects.get(enrollment=second_device).pk}")
    assert _reading_days([line]) == {line.pk: 30}


def test_before_the_seal_nothing_was_billed(world):
    assert letter_for(world).nothing == TEXTS["en"]["open"]
    world.read(days("2026-02-10", "2026-03-31"))
    compute(world)
    letter = letter_for(world)
    assert (letter.nothing, letter.billed, letter.share) == (TEXTS["en"]["open"], [], [])
    assert letter.calls == [TEXTS["en"]["no_calls"]]
    assert letter.worked == ""
    assert letter_for(world, month=Month(2026, 1)).days == TEXTS["en"]["no_days"]
    assert letter_for(world, month=Month(2025, 12)).intro.startswith("Prairie tells you here")


def test_a_sealed_month_without_a_line_says_so(closed):
    set_line_state(closed.close, LineState.DROPPED)
    assert letter_for(closed).nothing == TEXTS["en"]["nothing"]


def test_the_page_is_in_the_patients_language_or_the_one_that_is_asked_for(closed):
    client, address = (
        signed_in(closed.user("clinical_staff")),
        f"/patients/{closed.patient.public_id}/months/2026-03/letter/",
    )
    with time_machine.travel(at("2026-04-10"), tick=False):
        english = client.get(address).content.decode()
        assert '<article class="sheet letter" lang="en">' in english
        assert "What was done and billed in March 2026" in english
        change_patient(
            patient=closed.patient, reason="She said so", by=closed.user("clinical_staff"), now=AFTER, language="es"
        )
        spanish = client.get(address).content.decode()
        assert '<article class="sheet letter" lang="es">' in spanish
        assert "Lo que se hizo y se cobró en marzo de 2026" in spanish
        assert 'lang="en">' in client.get(address, {"in": "en"}).content.decode()
        assert '<article class="sheet letter" lang="es">' in client.get(address, {"in": "<b>"}).content.decode()
        assert client.get(address.replace("2026-03", "2026-05")).status_code == 404
        theirs = signed_in(closed.other.user("clinical_staff"))
        assert theirs.get(address).status_code == 404
    assert Event.objects.filter(action="read_letter", subject=f"patient:{closed.patient.public_id}").count() == 4


def test_a_letter_takes_the_same_statements_for_any_number_of_lines(closed, django_assert_max_num_queries):
    with django_assert_max_num_queries(13):
        letter_for(closed)
