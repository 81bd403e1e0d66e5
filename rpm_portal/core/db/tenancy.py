"""The wall between practices: every row carries its practice, and the database checks that rows agree."""

import secrets
from typing import Any, ClassVar, Self

from django.db import models

from rpm_portal.core.db.triggers import DatabaseObject

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH = 12
_EVEN = 256 - 256 % len(_ALPHABET)
_LETTERS = bytes(ord(_ALPHABET[byte % len(_ALPHABET)]) for byte in range(256))
_UNEVEN = bytes(range(_EVEN, 256))

# For a reference that a promise on the pair (practice, id) holds already: a second check and a second index a row
# would be paid by every row that comes in.
BY_PAIR: Any = {"db_constraint": False, "db_index": False}


def new_public_id() -> str:
    """A random id for URLs: 12 characters without look-alikes, about 59 bits; says nothing of order or count."""
    made = b""
    while len(made) < _LENGTH:
        # Bytes that would favour some characters are thrown away: every character is as likely as any other.
        made += secrets.token_bytes(16).translate(_LETTERS, _UNEVEN)
    return made[:_LENGTH].decode()


class PracticeQuerySet(models.QuerySet[Any]):
    """Rows of many practices; narrow with `for_practice` before anything else."""

    def for_practice(self, practice: models.Model | int) -> Self:
        """Only the rows of this practice."""
        return self.filter(practice=practice)


class PracticeModel(models.Model):
    """A row that belongs to one practice."""

    # What the database holds for this model beyond what Django's migrations write (`core/db/schema.py`).
    database_objects: ClassVar[tuple[DatabaseObject, ...]] = ()
    # Columns that belong to the key other rows refer to, beside practice and id.
    key_also: ClassVar[tuple[str, ...]] = ()

    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+")

    objects = PracticeQuerySet.as_manager()

    class Meta:
        abstract = True
