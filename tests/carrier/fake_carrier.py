"""A carrier with Twilio's interface over HTTP: it takes texts, lists them, and fails in the ways that carriers do.

Each text takes the next fault of `faults`, and none when they are used up: `lost_reply` (taken, connection cut),
`500_sent` (taken, answers 500), `500` (not taken), `429`, or a code such as `21610`.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class FakeCarrier:
    """What the carrier has: the texts that it took, and the faults of the next ones."""

    def __init__(self) -> None:
        self.texts: list[dict[str, str]] = []
        self.faults: list[str] = []
        self.requests = 0
        self.lock = threading.Lock()
        self.url = ""
        self.secret = "carrier-secret"

    def take(self, fields: dict[str, str]) -> dict[str, str]:
        """Store a text; its answer."""
        with self.lock:
            sid = f"SM{len(self.texts):032x}"
            text = {"sid": sid, "status": "queued", "to": fields["To"], "from": fields["From"], "body": fields["Body"]}
            self.texts.append({**text, "callback": fields["StatusCallback"]})
        return text

    def next_fault(self) -> str:
        """The fault of this text."""
        with self.lock:
            self.requests += 1
            return self.faults.pop(0) if self.faults else ""


class _Handler(BaseHTTPRequestHandler):
    carrier: FakeCarrier

    def log_message(self, *args: object) -> None:
        """Print nothing."""

    def answer(self, status: int, data: dict[str, object], **headers: str) -> None:
        """Answer with JSON."""
        body = json.dumps(data).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def is_allowed(self) -> bool:
        """Whether the request has the account's secret."""
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        return base64.b64decode(given).decode().endswith(f":{self.carrier.secret}")

    def do_POST(self) -> None:
        """A new text."""
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = {name: values[0] for name, values in parse_qs(raw, keep_blank_values=True).items()}
        if not self.is_allowed():
            return self.answer(401, {"code": 20003})
        fault = self.carrier.next_fault()
        if fault in ("lost_reply", "500_sent", ""):
            taken = self.carrier.take(fields)
        if fault == "lost_reply":
            self.close_connection = True
            return self.connection.close()
        if fault in ("500", "500_sent"):
            return self.answer(500, {"code": 20500})
        if fault == "429":
            return self.answer(429, {"code": 20429}, Retry_After="120")
        return self.answer(400, {"code": int(fault)}) if fault else self.answer(201, dict(taken))

    def do_GET(self) -> None:
        """The texts to a number."""
        to = parse_qs(urlsplit(self.path).query).get("To", [""])[0]
        self.answer(200, {"messages": [text for text in self.carrier.texts if text["to"] == to]})


@contextmanager
def running_carrier() -> Iterator[FakeCarrier]:
    """Run the carrier on a free port of this machine."""
    carrier = FakeCarrier()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"carrier": carrier}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    carrier.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield carrier
    finally:
        server.shutdown()
        server.server_close()
