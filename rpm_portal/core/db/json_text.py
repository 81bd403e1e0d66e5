"""JSON that is written once and read whole: kept as its text, which costs nothing to take in and keeps its order."""

import json
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    # What the checker takes its values for; at runtime the class takes no arguments.
    _Text = models.TextField[Any, Any]
else:
    _Text = models.TextField


class JSONText(_Text):
    """A JSON value in a text column. Nothing inside it can be asked of the database; `Cast` it where a test must."""

    def deconstruct(self) -> Any:
        """As the migration writes it: the column alone, so that no migration imports this module."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        """The value, parsed; raises ValueError where the column holds no JSON."""
        return None if value is None else json.loads(value)

    def to_python(self, value: Any) -> Any:
        """The value as it is: forms do not write it."""
        return value

    def get_prep_value(self, value: Any) -> str | None:
        """The value as text; empty stays empty."""
        return None if value is None else json.dumps(value)
