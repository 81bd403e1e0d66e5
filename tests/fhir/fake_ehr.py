"""A fake EHR on a loopback port: SMART authorization server, public keys, and Patient and Practitioner over FHIR.

It checks requests as a real one does: client, redirect address, `aud`, `launch`, PKCE, codes that work once.
"""

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.utils import timezone

from rpm_portal.fhir.ehr.models import EhrLaunch, EhrLink

CLIENT, SECRET = "rpm-portal", "between-the-two"
MRN_SYSTEM = "urn:oid:1.2.36.146"
NPI_SYSTEM = "http://hl7.org/fhir/sid/us-npi"
ANSWER = tuple[int, object]


def a_patient_resource(patient, own="p-1", **changes):
    """Our patient as the EHR holds them."""
    resource = {
        "resourceType": "Patient", "id": own, "identifier": [{"system": MRN_SYSTEM, "value": patient.mrn}],
        "name": [{"use": "official", "family": patient.family_name, "given": [patient.given_name, "Q."]}],
        "birthDate": patient.born_on.isoformat(), "gender": {"M": "male", "F": "female"}.get(patient.sex, "unknown"),
    }  # fmt: skip
    return resource | changes


class FakeEhr:
    """One practitioner is signed in to it; `patient` is the open chart. Faults are set by the tests."""

    def __init__(self) -> None:
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.ec = ec.generate_private_key(ec.SECP384R1())
        self.reset()
        ehr = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self.reply(*ehr.get(self.path, self.headers.get("Authorization", "")))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                self.reply(*ehr.token(form, self.headers.get("Authorization", "")))

            def reply(self, status: int, body: object) -> None:
                raw = body if isinstance(body, bytes) else b"" if status == 302 else json.dumps(body).encode()
                self.send_response(status)
                is_page = isinstance(body, bytes) and body.startswith(b"<!doctype")
                self.send_header("Content-Type", "text/html" if is_page else "application/json")
                self.send_header("Content-Length", str(len(raw)))
                if status == 302:
                    self.send_header("Location", str(body))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.base = f"{self.origin}/r4"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self) -> None:
        """Forget what a test has set."""
        self.claims: dict[str, object] = {}
        self.answer: dict[str, object] = {}  # overrides of the token endpoint's answer
        self.configuration: dict[str, object] = {}
        self.resources: dict[str, dict[str, object]] = {}
        self.statuses: dict[str, ANSWER] = {}  # path: fixed answer
        self.algorithm, self.kid, self.published = "RS256", "k1", ["k1"]
        self.patient = "p-1"
        self.launches: set[str] = set()
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.portal = ""  # the launch address that its page opens in a new tab

    def add(self, resource: dict[str, object]) -> None:
        """Store a resource."""
        self.resources[f"{resource['resourceType']}/{resource['id']}"] = resource

    def sign_in(self, member, own="dr-1", sub="sub-1") -> None:
        """A practitioner with the NPI of one of our members."""
        self.add(
            {
                "resourceType": "Practitioner", "id": own,
                "identifier": [{"system": NPI_SYSTEM, "value": member.npi}] if member.npi else [],
            }
        )  # fmt: skip
        self.claims = {"sub": sub, "fhirUser": f"{self.base}/Practitioner/{own}"}

    def open_chart(self) -> str:
        """The query with which the EHR opens the portal."""
        launch = secrets.token_hex(8)
        self.launches.add(launch)
        return urlencode({"iss": self.base, "launch": launch})

    def get(self, path: str, authorization: str) -> ANSWER:
        """The answer to a GET."""
        self.asked.append(path)
        parts = urlsplit(path)
        if parts.path in self.statuses:
            return self.statuses[parts.path]
        if parts.path == "/r4/.well-known/smart-configuration":
            return 200, self.smart_configuration() | self.configuration
        if parts.path == "/keys":
            return 200, {"keys": [self.public_key(kid) for kid in self.published]}
        if parts.path == "/authorize":
            return 302, self.authorize(path)
        if parts.path == "/chart":
            link = html.escape(f"{self.portal}?{self.open_chart()}")
            page = f'<!doctype html><title>Chart</title><a href="{link}" target="_blank" rel="noopener">RPM</a>'
            return 200, page.encode()
        if parts.path == "/r4/metadata":
            return 200, {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}
        resource = self.resources.get(parts.path.removeprefix("/r4/"))
        if authorization != "Bearer an-access-token":
            return 401, {}
        return (200, resource) if resource else (404, {"resourceType": "OperationOutcome"})

    def smart_configuration(self) -> dict[str, object]:
        """The document of a confidential client's EHR."""
        return {
            "issuer": self.origin, "authorization_endpoint": f"{self.origin}/authorize",
            "token_endpoint": f"{self.origin}/token", "jwks_uri": f"{self.origin}/keys",
            "code_challenge_methods_supported": ["S256"],
            "capabilities": [
                "launch-ehr", "sso-openid-connect", "context-ehr-patient", "client-confidential-symmetric", "client-public",
            ],
        }  # fmt: skip

    def public_key(self, kid: str) -> dict[str, object]:
        """A published key: elliptic if the tokens are."""
        is_elliptic = self.algorithm.startswith("ES")
        algorithm = jwt.algorithms.ECAlgorithm if is_elliptic else jwt.algorithms.RSAAlgorithm
        key = self.ec if is_elliptic else self.rsa
        return json.loads(algorithm.to_jwk(key.public_key())) | {"kid": kid, "use": "sig"}

    def authorize(self, address: str) -> str:
        """The authorization endpoint: checks the request and returns the address to which the browser is sent."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["client_id"] == CLIENT
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert query["aud"] == self.base
        assert {"openid", "fhirUser"} <= set(query["scope"].split())
        assert query.get("launch") in self.launches or "launch/patient" in query["scope"].split()
        assert query["nonce"] != query["state"]
        code = secrets.token_hex(8)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> ANSWER:
        """The token endpoint: a code works once, for its client, redirect address and verifier."""
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if (
            asked is None or authorization != basic or challenge != asked["code_challenge"]
            or form.get("redirect_uri") != asked["redirect_uri"] or form.get("grant_type") != "authorization_code"
        ):  # fmt: skip
            return 400, {"error": "invalid_grant"}
        answer = {
            "access_token": "an-access-token", "token_type": "bearer", "expires_in": 60,
            "id_token": self.id_token(asked["nonce"]), "patient": self.patient, "need_patient_banner": False,
        }  # fmt: skip
        return 200, {name: value for name, value in (answer | self.answer).items() if value is not None}

    def id_token(self, nonce: str) -> str:
        """A signed id_token with the claims of the test."""
        now = int(time.time())
        claims = {"iss": self.origin, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": nonce} | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        key = {"E": self.ec, "R": self.rsa, "P": self.rsa, "H": SECRET * 2}.get(self.algorithm[0])
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": self.kid})

    def stop(self) -> None:
        """Stop the server."""
        self.server.shutdown()
        self.server.server_close()


def a_link(world, base="https://ehr.example/r4", **changes):
    """A link of the practice to an EHR, in use."""
    facts = {
        "name": "Harbor EHR", "fhir_base": base, "client_id": CLIENT, "client_secret": SECRET,
        "mrn_system": MRN_SYSTEM, "is_on": True, "made_at": timezone.now(), "made_by": world.user("admin"),
    }  # fmt: skip
    return EhrLink.objects.create(practice=world.practice, **(facts | changes))


def a_launch(world, link=None, **changes):
    """A launch that the EHR has answered, of the physician."""
    now = timezone.now()
    facts = {
        "link": link or a_link(world), "state_digest": secrets.token_hex(32), "nonce_digest": "n", "started_at": now,
        "expires_at": now + timedelta(minutes=10), "used_at": now, "sub": "sub-1", "user": world.user("physician"), "is_bound": True,
    }  # fmt: skip
    return EhrLaunch.objects.create(practice=world.practice, **(facts | changes))
