"""Words that need a look at once, English and Spanish, however they are written."""

import pytest

from timetracking.threads.look_words import needs_look


@pytest.mark.parametrize(
    "text",
    [
        "I have CHEST PAIN since noon",
        "I can\u2019t breathe when I lie down",
        "chest\npain",
        "I think about suicide",
        "Me caí en el baño",
        "Tengo dolor de pecho",
        "no puedo respirar bien",
        "pienso en suicidarme",
    ],
)
def test_a_word_of_the_list_needs_a_look(text):
    assert needs_look(text)


@pytest.mark.parametrize(
    "text", ["My cuff is broken", "Thank you", "El aparato no funciona", "My chest strap came", ""]
)
def test_an_everyday_message_does_not(text):
    assert not needs_look(text)
