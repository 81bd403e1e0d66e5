"""JSON stored as text: for values that are written once and read whole. Inserts are fast and keys keep their order."""

import json
from typing import TYPE_CHECKING, Any

from django.db import models

from rpm_portal.core.db.fields import PlainInMigrations

if TYPE_CHECKING:
    # The type checker needs its value types; at run time the class takes no arguments.
    _Text = models.TextField[Any, Any]
else:
    _Text = models.TextField


class JSONText(PlainInMigrations, _Text):
    """A JSON value in a text column. The database cannot query its content; a test that must, uses `Cast`."""

    stored_as = "django.db.models.TextField"

    def from_db_value(self, value: str | None, expression: object, connection: object) -> object:
        """The parsed value. Raises ValueError if the column does not contain JSON."""
        return None if value is None else json.loads(value)

    def to_python(self, value: object) -> object:
        """The value unchanged: forms do not edit it."""
        return value

    def get_prep_value(self, value: object) -> str | None:
        """The value as text; empty stays empty."""
        return None if value is None else json.dumps(value)
