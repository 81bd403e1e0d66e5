"""A software security key that registers and signs in the format of a browser (WebAuthn Level 2)."""

import hashlib
import json
import os
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode


class SecurityKey:
    """One key for one site; `options` are the options that the page gives to the browser."""

    def __init__(self, host: str = "localhost") -> None:
        self.host, self.origin = host, f"http://{host}"
        self.secret, self.id = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)

    def register(self, options: dict) -> str:
        """The registration response of a new key, as the form sends it."""
        public = cbor.encode(dict(ES256.from_cryptography_key(self.secret.public_key())))
        authenticator_data = self._data(0x45) + bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": authenticator_data})
        client = self._client("webauthn.create", options)
        return self._answer(clientDataJSON=client, attestationObject=attestation)

    def sign(self, options: dict, *, wrongly: bool = False) -> str:
        """The sign-in response of a registered key; `wrongly` signs other data."""
        data, client = self._data(0x05), self._client("webauthn.get", options)
        signed = data + hashlib.sha256(b"something else" if wrongly else client).digest()
        signature = self.secret.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", flags, 1)

    def _client(self, kind: str, options: dict) -> bytes:
        fields = {"type": kind, "challenge": options["publicKey"]["challenge"], "origin": self.origin}
        return json.dumps(fields).encode()

    def _answer(self, **response: bytes) -> str:
        body = {name: websafe_encode(value) for name, value in response.items()}
        own = websafe_encode(self.id)
        return json.dumps(
            {"id": own, "rawId": own, "type": "public-key", "response": body, "clientExtensionResults": {}}
        )
