"""Separation of practices: every row has its practice, and composite foreign keys check that related rows agree."""

import secrets
from typing import Any, ClassVar, Self

from django.db import models

from rpm_portal.core.db.triggers import DatabaseObject

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH = 12
_USED_BYTES = 256 - 256 % len(_ALPHABET)
_LETTER_OF_BYTE = bytes(ord(_ALPHABET[byte % len(_ALPHABET)]) for byte in range(256))
_DROPPED_BYTES = bytes(range(_USED_BYTES, 256))

# For a foreign key that a composite key (practice, id) covers already: a second constraint and index would only slow
# down inserts.
PAIR_KEY: Any = {"db_constraint": False, "db_index": False}


def new_public_id() -> str:
    """A random id for URLs: 12 characters without look-alikes, about 59 bits; reveals no order or count."""
    letters = b""
    while len(letters) < _LENGTH:
        # Bytes that would make some characters more likely are dropped.
        letters += secrets.token_bytes(16).translate(_LETTER_OF_BYTE, _DROPPED_BYTES)
    return letters[:_LENGTH].decode()


class PracticeQuerySet(models.QuerySet[Any]):
    """Rows of all practices; filter with `for_practice` first."""

    def for_practice(self, practice: models.Model | int) -> Self:
        """Only the rows of this practice."""
        return self.filter(practice=practice)


class PracticeModel(models.Model):
    """A row that belongs to one practice."""

    # Schema objects of this model in addition to Django's migrations (`core/db/schema.py`).
    database_objects: ClassVar[tuple[DatabaseObject, ...]] = ()
    # Columns of the key that other rows refer to, besides practice and id.
    key_also: ClassVar[tuple[str, ...]] = ()

    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+")

    objects = PracticeQuerySet.as_manager()

    class Meta:
        abstract = True
