"""Signatures of packets' manifests: Ed25519 with a key that follows from PORTAL_SEAL_KEYS. Anybody can check them.

The public key is printed in each packet and shown on the page of the packets. A signature says that this installation
made the packet and that nothing was altered since.
"""

import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings


def _private_keys() -> list[Ed25519PrivateKey]:
    """The keys, the one that signs first. Each follows from a seal key, so that it is stored nowhere."""
    seeds = (hmac.digest(key, b"packet manifests", "sha256") for key in settings.SEAL_KEYS)
    return [Ed25519PrivateKey.from_private_bytes(seed) for seed in seeds]


def public_keys() -> list[str]:
    """The public keys as 64 hexadecimal digits, the one in use first."""
    return [key.public_key().public_bytes_raw().hex() for key in _private_keys()]


def sign(manifest: bytes) -> str:
    """The signature of a manifest as 128 hexadecimal digits."""
    return _private_keys()[0].sign(manifest).hex()


def is_signed_with(public_key: str, manifest: bytes, signature: str) -> bool:
    """Whether a signature is that of a manifest by a public key; False for text that is neither key nor signature."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), manifest)
    except (ValueError, InvalidSignature):
        return False
    return True


def is_ours(manifest: bytes, signature: str) -> bool:
    """Whether a signature is by a key of this installation."""
    return any(is_signed_with(key, manifest, signature) for key in public_keys())
