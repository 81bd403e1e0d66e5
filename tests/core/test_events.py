"""Announcements of an earlier app to later ones."""

from dataclasses import dataclass

import pytest

from rpm_portal.core import events


@dataclass(frozen=True)
class Something:
    number: int


@dataclass(frozen=True)
class SomethingElse:
    number: int


@pytest.fixture(autouse=True)
def _own_handlers(monkeypatch):
    monkeypatch.setattr(events, "_handlers", events._handlers.copy())


def test_each_handler_of_the_type_gets_the_event_once_in_the_order_of_registration():
    calls = []

    def first(event):
        calls.append(("first", event.number))

    events.register(Something, first)
    events.register(Something, lambda event: calls.append(("second", event.number)))
    events.register(Something, first)
    events.announce(Something(1))
    events.announce(SomethingElse(2))

    assert calls == [("first", 1), ("second", 1)]


def test_an_error_of_a_handler_reaches_the_announcer():
    def fail(event):
        raise ValueError("not possible")

    events.register(SomethingElse, fail)
    with pytest.raises(ValueError, match="not possible"):
        events.announce(SomethingElse(1))
