"""Encrypted columns (AES-256-GCM, with key rotation) and blind indexes to look their values up.

The first of `settings.COLUMN_KEYS` encrypts; each of them can decrypt. `manage.py reseal_columns` encrypts older rows
again with the first key; after that the other keys can be removed.
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

from rpm_portal.core.db.fields import PlainInMigrations

_VERSION_PREFIX, _NONCE_LENGTH, _ASSOCIATED_DATA = "s1:", 12, b"column"


class DecryptionFailed(ValueError):
    """A value cannot be decrypted: its key was removed too early, or the value was changed."""


class ContentChanged(ValueError):
    """Stored content has another digest than when it was saved. The message is for the user and names no person."""


def _key_name(key: bytes) -> str:
    """The name of a key inside an encrypted value: the first digits of its digest."""
    return hashlib.sha256(b"name" + key).hexdigest()[:8]


@lru_cache(maxsize=4)
def _ciphers(keys: tuple[bytes, ...]) -> dict[str, AESGCM]:
    return {_key_name(key): AESGCM(key) for key in keys}


def current_key_prefix() -> str:
    """The prefix of every value that the first key encrypted."""
    return f"{_VERSION_PREFIX}{_key_name(settings.COLUMN_KEYS[0])}:"


def encrypt_text(text: str) -> str:
    """Encrypt a text with the first key; the same text gives a different result each time."""
    prefix, nonce = current_key_prefix(), os.urandom(_NONCE_LENGTH)
    cipher = next(iter(_ciphers(tuple(settings.COLUMN_KEYS)).values()))
    return prefix + base64.b64encode(nonce + cipher.encrypt(nonce, text.encode(), _ASSOCIATED_DATA)).decode()


def decrypt_text(stored: str) -> str:
    """Decrypt a stored value. Raises DecryptionFailed if no key can."""
    _, name, body = stored.split(":", 2)
    cipher = _ciphers(tuple(settings.COLUMN_KEYS)).get(name)
    if cipher is None:
        raise DecryptionFailed(f"The key {name} of an encrypted column is not among PORTAL_COLUMN_KEYS.")
    raw = base64.b64decode(body)
    try:
        return cipher.decrypt(raw[:_NONCE_LENGTH], raw[_NONCE_LENGTH:], _ASSOCIATED_DATA).decode()
    except InvalidTag:
        raise DecryptionFailed("An encrypted column was changed.") from None


def blind_index(practice_id: int, text: str) -> str:
    """The blind index of a text: the same for equal texts of one practice only. It reveals nothing without the key."""
    key = hmac.new(settings.AUDIT_KEY, b"blind index", hashlib.sha256).digest()
    return hmac.new(key, f"{practice_id}|{text}".encode(), hashlib.sha256).hexdigest()[:32]


class EncryptedTextField(PlainInMigrations, models.TextField):  # type: ignore[type-arg, unused-ignore]
    """Text that is encrypted in its column. Only the ORM decrypts it; lookups need a blind index."""

    stored_as = "django.db.models.TextField"

    def get_prep_value(self, value: Any) -> object:
        """The encrypted text; an empty value stays empty."""
        value = super().get_prep_value(value)
        return encrypt_text(value) if value else value

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        """The text. Raises DecryptionFailed for clear text, because the portal did not write it."""
        if value and not value.startswith(_VERSION_PREFIX):
            raise DecryptionFailed(
                f"The encrypted column {self.name} contains clear text. Restore the row from a backup."
            )
        return decrypt_text(value) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        """Refuse lookups by encrypted values, except isnull. Raises FieldError."""
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted; look it up through its blind index.")
        return super().get_lookup(lookup_name)


class EncryptedJSONField(EncryptedTextField):
    """A small dictionary, encrypted as JSON; an empty one is stored as empty text."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def get_prep_value(self, value: object) -> object:
        """The encrypted JSON."""
        return super().get_prep_value(json.dumps(value, sort_keys=True) if value else "")

    def from_db_value(self, value: str | None, *_: object) -> Any:
        """The decrypted dictionary."""
        text = super().from_db_value(value)
        return json.loads(text) if text else {}


class EncryptedBytesField(EncryptedTextField):
    """The encrypted bytes of a file; None if there is none."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def get_prep_value(self, value: Any) -> object:
        """The encrypted bytes, in base64."""
        return None if value is None else super().get_prep_value(base64.b64encode(bytes(value)).decode())

    def from_db_value(self, value: str | None, *_: object) -> Any:
        """The decrypted bytes."""
        text = super().from_db_value(value)
        return None if text is None else base64.b64decode(text)


class BlindIndexField(PlainInMigrations, models.CharField):  # type: ignore[type-arg, unused-ignore]
    """The blind index of another field of the row, computed whenever the row is saved."""

    def __init__(self, *args: Any, of: str = "", **kwargs: Any) -> None:
        self.of = of
        super().__init__(*args, **{**kwargs, "max_length": 32, "editable": False, "default": ""})

    def pre_save(self, model_instance: models.Model, add: object) -> str:
        """Compute the index from the row."""
        value = blind_index(model_instance.practice_id, getattr(model_instance, self.of))  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, value)
        return value
