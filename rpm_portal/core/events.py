"""Events: an app announces what happened, and packages that it must not import act on it.

The announcing app defines the event as a frozen dataclass in its `events.py`. A later package registers its handlers
in `AppConfig.ready`. Handlers run in the order of registration, in the transaction of the announcement: if one raises,
the change that was announced is rolled back with it. A handler therefore only writes rows; whatever leaves the process
is sent by a task that reads these rows.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

Event = TypeVar("Event")

_handlers: dict[type, list[Callable[[Any], object]]] = defaultdict(list)


def register(event_type: type[Event], handler: Callable[[Event], object]) -> None:
    """Call `handler` with each event of exactly this type. Registering the same function again changes nothing."""
    if handler not in _handlers[event_type]:
        _handlers[event_type].append(handler)


def announce(event: object) -> None:
    """Call the handlers of the event's type. An event without handlers is no error."""
    for handler in _handlers[type(event)]:
        handler(event)
