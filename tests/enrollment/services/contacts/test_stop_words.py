"""Incoming texts that ask to stop, to start, or perhaps to stop."""

import pytest

from enrollment.services.contacts.stop_words import HELP, OTHER, PERHAPS_STOP, START, STOP, STOP_WORDS, meaning_of


@pytest.mark.parametrize("word", sorted(STOP_WORDS))
@pytest.mark.parametrize(
    "shape", ["{}", " {}. ", "{}!!", '"{}"', "\u201c{}\u201d", "{}\u200b", "{} \U0001f6d1", "{}\n"]
)
def test_a_stop_word_in_any_case_and_with_punctuation_stops(word, shape):
    assert meaning_of(shape.format(word)) == STOP
    assert meaning_of(shape.format(word.upper())) == STOP


@pytest.mark.parametrize(
    "text",
    ["\uff33\uff34\uff2f\uff30", "Opt out", "opt-out", "STOP ALL", "S T O P", "st\u00f3p", "Un-subscribe", "BAJA."],
)
def test_full_width_accents_spaces_and_hyphens_are_the_same_word(text):
    assert meaning_of(text) == STOP


@pytest.mark.parametrize(
    "text",
    [
        "I can't stop coughing", "I quit smoking!", "please stop texting me", "Don't text me any more", "take me off your list",
        "Dejen de escribirme", "ya no me manden mensajes", "no quiero m\u00e1s mensajes", "wrong number", "stop. call me",
        "Stop\u2019 please", "n\u00famero equivocado",
    ],
)  # fmt: skip
def test_other_words_that_may_ask_to_stop_are_for_a_person(text):
    assert meaning_of(text) == PERHAPS_STOP


@pytest.mark.parametrize(("text", "meaning"), [("start", START), ("UNSTOP", START), ("Yes", OTHER), ("si", OTHER)])
def test_only_start_and_unstop_start_again(text, meaning):
    assert meaning_of(text) == meaning


@pytest.mark.parametrize("text", ["help", "HELP?", "Ayuda", "info"])
def test_help_is_recognized(text):
    assert meaning_of(text) == HELP


@pytest.mark.parametrize(
    "text",
    [
        "My sugar was 112 this morning",
        "gracias",
        "",
        "   ",
        "\U0001f44d",
        "stopwatch",
        "the weekend was fine",
        "backend",
    ],
)
def test_other_texts_ask_for_nothing(text):
    assert meaning_of(text) == OTHER
