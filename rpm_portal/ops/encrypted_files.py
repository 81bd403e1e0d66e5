"""Encrypted files: AES-256-GCM in chunks of one megabyte, so that every change is detected.

A chunk is authenticated with its number and whether it is the last, so that none can be swapped, dropped or cut off.
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
CHUNK_SIZE = 1024 * 1024
_TAG_LENGTH, _PREFIX_LENGTH = 16, 8


class FileDamaged(ValueError):
    """The file was changed or cut, or the key is wrong."""


def parse_key(text: str) -> bytes:
    """The key of 32 bytes in base64. Raises ValueError with how to create one."""
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ValueError("The backup key must be 32 random bytes in base64, as `openssl rand -base64 32` prints them.")
    return key


def encrypt_file(chunks: Iterable[bytes], out: IO[bytes], key: bytes) -> int:
    """Encrypt chunks of any length into `out`; returns the number of bytes written."""
    cipher, prefix = AESGCM(key), os.urandom(_PREFIX_LENGTH)
    written = out.write(MAGIC + prefix)
    number, buffer = 0, b""
    for chunk in chunks:
        buffer += chunk
        while len(buffer) > CHUNK_SIZE:
            written += out.write(_encrypt_chunk(cipher, prefix, number, buffer[:CHUNK_SIZE], last=False))
            number, buffer = number + 1, buffer[CHUNK_SIZE:]
    return written + out.write(_encrypt_chunk(cipher, prefix, number, buffer, last=True))


def _encrypt_chunk(cipher: AESGCM, prefix: bytes, number: int, chunk: bytes, *, last: bool) -> bytes:
    return cipher.encrypt(prefix + struct.pack(">I", number), chunk, b"last" if last else b"more")


def decrypt_file(file: IO[bytes], key: bytes) -> Iterator[bytes]:
    """Decrypt a file chunk by chunk. Raises FileDamaged at the first chunk that cannot be authenticated."""
    head = file.read(len(MAGIC) + _PREFIX_LENGTH)
    if not head.startswith(MAGIC) or len(head) < len(MAGIC) + _PREFIX_LENGTH:
        raise FileDamaged("This is not a backup of the portal.")
    cipher, prefix, number = AESGCM(key), head[len(MAGIC) :], 0
    chunk = file.read(CHUNK_SIZE + _TAG_LENGTH)
    while True:
        following = file.read(CHUNK_SIZE + _TAG_LENGTH)
        try:
            yield cipher.decrypt(prefix + struct.pack(">I", number), chunk, b"more" if following else b"last")
        except InvalidTag:
            raise FileDamaged(f"The backup does not hold at piece {number}: wrong key, changed, or cut.") from None
        if not following:
            return
        chunk, number = following, number + 1
