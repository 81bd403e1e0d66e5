"""A test OpenID Connect provider on a loopback port: it checks requests as a real one does, and signs its tokens."""

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
    """Signs in one person at a time: `claims` are the claims of every token."""

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

            def reply(self, status: int, body: Any) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/html" if isinstance(body, str) else "application/json")
                if status == 302:
                    self.send_header("Location", body)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode() if not isinstance(body, str) else body.encode())

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
        """The authorization endpoint: checks the request and returns the URL that the browser is redirected to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["client_id"] == CLIENT
        assert query["response_type"] == "code"
        assert "openid" in query["scope"]
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_hex(8)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> tuple[int, Any]:
        authorized = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            authorized is None or form.get("client_secret") != SECRET or form.get("client_id") != CLIENT
            or challenge != authorized["code_challenge"] or form.get("redirect_uri") != authorized["redirect_uri"]
        ):  # fmt: skip
            return 400, {"error": "invalid_grant"}
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": int(time.time()),
            "exp": int(time.time()) + 60,
            **self.claims,
        }
        signed = jwt.encode(claims, self.key, algorithm="RS256")
        return 200, {"access_token": "an-access-token", "token_type": "Bearer", "expires_in": 60, "id_token": signed}

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
