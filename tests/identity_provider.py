"""An OpenID Connect provider on a loopback port: it checks what a real one checks, and signs what it says."""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "portal", "a-secret-between-the-two"


class Provider:
    """Knows one person at a time: `claims` are what it says about whoever comes."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes: dict[str, dict[str, str]] = {}
        self.broken = False
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.reply(*provider.get(self.path, self.headers.get("Authorization", "")))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.reply(*provider.token({name: values[0] for name, values in parse_qs(body).items()}))

            def reply(self, status: int, told: Any) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/html" if isinstance(told, str) else "application/json")
                if status == 302:
                    self.send_header("Location", told)
                self.end_headers()
                self.wfile.write(json.dumps(told).encode() if not isinstance(told, str) else told.encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def get(self, path: str, authorization: str) -> tuple[int, Any]:
        if self.broken:
            return 503, "<h1>Down for maintenance</h1>"
        if path.startswith("/.well-known/"):
            return 200, {
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/keys", "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }  # fmt: skip
        if path.startswith("/authorize"):
            return 302, self.authorize(path)
        if path == "/userinfo":
            return (200, self.claims) if authorization == "Bearer an-access-token" else (401, {})
        return 404, {}

    def authorize(self, address: str) -> str:
        """What the person's browser does there: comes, is known, and is sent back to the address that is returned."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"]
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_hex(8)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, told: dict[str, str]) -> tuple[int, Any]:
        asked = self.codes.pop(told.get("code", ""), None)
        digest = hashlib.sha256(told.get("code_verifier", "").encode()).digest()
        proven = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            asked is None or told.get("client_secret") != SECRET or told.get("client_id") != CLIENT
            or proven != asked["code_challenge"] or told.get("redirect_uri") != asked["redirect_uri"]
        ):  # fmt: skip
            return 400, {"error": "invalid_grant"}
        said = {"iss": self.issuer, "aud": CLIENT, "iat": int(time.time()), "exp": int(time.time()) + 60, **self.claims}
        signed = jwt.encode(said, self.key, algorithm="RS256")
        return 200, {"access_token": "an-access-token", "token_type": "Bearer", "expires_in": 60, "id_token": signed}

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
