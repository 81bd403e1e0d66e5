"""Columns that a copy of the database does not tell: AES-256-GCM under keys that rotate, and an index that is blind.

The first of `settings.COLUMN_KEYS` seals; every one of them opens. `manage.py reseal_columns` brings older rows under
the first, after which the others can be taken away.
"""

import base64
import hashlib
import hmac
import json
import os
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models

_MARK, _NONCE, _PLACE = "s1:", 12, b"column"


class ColumnSealed(ValueError):
    """No key opens the value: a key was taken away too early, or the value was changed."""


class Altered(ValueError):
    """What is kept is not what was: its digest differs. The message is for the user, and names nobody."""


def key_name(key: bytes) -> str:
    """What a sealed value says about its key: the first digits of a digest of it."""
    return hashlib.sha256(b"name" + key).hexdigest()[:8]


@lru_cache(maxsize=4)
def _ciphers(keys: tuple[bytes, ...]) -> dict[str, AESGCM]:
    return {key_name(key): AESGCM(key) for key in keys}


def current_prefix() -> str:
    """How every value begins that the first key sealed."""
    return f"{_MARK}{key_name(settings.COLUMN_KEYS[0])}:"


def seal_text(text: str) -> str:
    """The text sealed under the first key; twice the same text is never twice the same."""
    prefix, nonce = current_prefix(), os.urandom(_NONCE)
    cipher = next(iter(_ciphers(tuple(settings.COLUMN_KEYS)).values()))
    return prefix + base64.b64encode(nonce + cipher.encrypt(nonce, text.encode(), _PLACE)).decode()


def open_text(kept: str) -> str:
    """What was sealed. Raises ColumnSealed where no key opens it."""
    _, name, body = kept.split(":", 2)
    cipher = _ciphers(tuple(settings.COLUMN_KEYS)).get(name)
    if cipher is None:
        raise ColumnSealed(f"The key {name} of a sealed column is not among PORTAL_COLUMN_KEYS.")
    raw = base64.b64decode(body)
    try:
        return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], _PLACE).decode()
    except InvalidTag:
        raise ColumnSealed("A sealed column was changed.") from None


def blind(practice_id: int, text: str) -> str:
    """The same text in the same practice, and nowhere else, has the same index; without the key it tells nothing."""
    key = hmac.new(settings.AUDIT_KEY, b"blind index", hashlib.sha256).digest()
    return hmac.new(key, f"{practice_id}|{text}".encode(), hashlib.sha256).hexdigest()[:32]


class SealedTextField(models.TextField):  # type: ignore[type-arg, unused-ignore]
    """Text that stands sealed in its column. It is read by the ORM alone and compared through a blind index."""

    def deconstruct(self) -> Any:
        """As the migration writes it: the column alone, so that no migration imports this module."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def get_prep_value(self, value: Any) -> Any:
        """Sealed; what is empty stays so."""
        value = super().get_prep_value(value)
        return seal_text(value) if value else value

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        """The text. Raises ColumnSealed for a value that is not encrypted: it was not written by the portal."""
        if value and not value.startswith(_MARK):
            raise ColumnSealed(f"The encrypted column {self.name} holds clear text. Restore the row from a backup.")
        return open_text(value) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        """Nothing is found by what is sealed. Raises FieldError."""
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is sealed; look it up through its blind index.")
        return super().get_lookup(lookup_name)


class SealedJSONField(SealedTextField):
    """A small dictionary that stands sealed; an empty one as empty text."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def get_prep_value(self, value: Any) -> Any:
        """Sealed as JSON."""
        return super().get_prep_value(json.dumps(value, sort_keys=True) if value else "")

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        """What was sealed."""
        told = super().from_db_value(value)
        return json.loads(told) if told else {}


class SealedBytesField(SealedTextField):
    """A file that stands sealed while it waits; None where there is none."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def get_prep_value(self, value: Any) -> Any:
        """Sealed in base64."""
        return None if value is None else super().get_prep_value(base64.b64encode(bytes(value)).decode())

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        """What was sealed."""
        told = super().from_db_value(value)
        return None if told is None else base64.b64decode(told)


class BlindIndexField(models.CharField):  # type: ignore[type-arg, unused-ignore]
    """The blind index of another field of the row, made whenever the row is saved."""

    def __init__(self, *args: Any, of: str = "", **kwargs: Any) -> None:
        self.of = of
        super().__init__(*args, **{**kwargs, "max_length": 32, "editable": False, "default": ""})

    def deconstruct(self) -> Any:
        """As the migration writes it: the column alone."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: Any) -> str:
        """Made anew from the row."""
        value = blind(model_instance.practice_id, getattr(model_instance, self.of))  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, value)
        return value
