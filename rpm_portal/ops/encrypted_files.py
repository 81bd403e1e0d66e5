"""Files that only the holder of a key can read, and that show any change: AES-256-GCM in pieces of a megabyte.

A piece carries its number and whether it is the last, so that none can be swapped, dropped or cut off unnoticed.
"""

import base64
import binascii
import os
import struct
from collections.abc import Iterable, Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"RPMBAK1\n"
PIECE = 1024 * 1024
_TAG, _PREFIX = 16, 8


class SealBroken(ValueError):
    """The file was changed or cut, or this is not its key."""


def key_of(text: str) -> bytes:
    """A key from 32 bytes in base64. Raises ValueError with how to make one."""
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ValueError("The backup key must be 32 random bytes in base64, as `openssl rand -base64 32` prints them.")
    return key


def seal(pieces: Iterable[bytes], out: IO[bytes], key: bytes) -> int:
    """Write pieces of any length; returns the bytes written."""
    cipher, prefix = AESGCM(key), os.urandom(_PREFIX)
    written = out.write(MAGIC + prefix)
    number, held = 0, b""
    for piece in pieces:
        held += piece
        while len(held) > PIECE:
            written += out.write(_sealed(cipher, prefix, number, held[:PIECE], last=False))
            number, held = number + 1, held[PIECE:]
    return written + out.write(_sealed(cipher, prefix, number, held, last=True))


def _sealed(cipher: AESGCM, prefix: bytes, number: int, piece: bytes, *, last: bool) -> bytes:
    return cipher.encrypt(prefix + struct.pack(">I", number), piece, b"last" if last else b"more")


def unseal(file: IO[bytes], key: bytes) -> Iterator[bytes]:
    """The pieces as they were written. Raises SealBroken at the first that does not hold."""
    head = file.read(len(MAGIC) + _PREFIX)
    if not head.startswith(MAGIC) or len(head) < len(MAGIC) + _PREFIX:
        raise SealBroken("This is not a backup of the portal.")
    cipher, prefix, number = AESGCM(key), head[len(MAGIC) :], 0
    piece = file.read(PIECE + _TAG)
    while True:
        following = file.read(PIECE + _TAG)
        try:
            yield cipher.decrypt(prefix + struct.pack(">I", number), piece, b"more" if following else b"last")
        except InvalidTag:
            raise SealBroken(f"The backup does not hold at piece {number}: wrong key, changed, or cut.") from None
        if not following:
            return
        piece, number = following, number + 1
