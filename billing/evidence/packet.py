"""An evidence packet as plain parts, and what is in a manifest. Pure: the same parts give the same bytes."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip's own clock would make the same packet another file


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the proof: a table. `need` names what the contractor's checklist asks it for."""

    key: str
    title: str
    need: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def hole(self) -> bool:
        """Whether it is asked for and nothing is on file; printed as such."""
        return bool(self.need) and not self.rows

    def as_json(self) -> bytes:
        """The part in one spelling, for its digest."""
        said = {"key": self.key, "title": self.title, "columns": self.columns, "rows": self.rows}
        return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

    @property
    def sha256(self) -> str:
        """The digest of its JSON."""
        return hashlib.sha256(self.as_json()).hexdigest()


@dataclass(frozen=True, slots=True)
class Packet:
    """The proof behind one claim: who, when, under whom, and its parts in the checklist's order."""

    name: str
    patient: str
    period: str
    provider: str
    practice: str
    parts: tuple[Part, ...]

    @property
    def holes(self) -> list[Part]:
        """The parts that are asked for and missing."""
        return [part for part in self.parts if part.hole]


def manifest(packet: Packet, pdf: bytes) -> bytes:
    """The digests of a packet's document and of each part, as JSON that a person can read."""
    said: dict[str, Any] = {
        "packet": packet.name,
        "patient": packet.patient,
        "period": packet.period,
        "provider": packet.provider,
        "practice": packet.practice,
        "document": {"file": f"{packet.name}.pdf", "sha256": hashlib.sha256(pdf).hexdigest()},
        "parts": [
            {"file": f"parts/{part.key}.json", "title": part.title, "rows": len(part.rows), "sha256": part.sha256}
            for part in packet.parts
        ],
        "missing": [part.need for part in packet.holes],
    }
    return json.dumps(said, indent=2, ensure_ascii=False).encode()


def archive(packets: list[tuple[Packet, bytes]]) -> bytes:
    """Packets with their manifests and parts in one zip file; a folder each where there are several."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for packet, pdf in packets:
            folder = f"{packet.name}/" if len(packets) > 1 else ""
            _put(file, f"{folder}{packet.name}.pdf", pdf)
            _put(file, f"{folder}manifest.json", manifest(packet, pdf))
            for part in packet.parts:
                _put(file, f"{folder}parts/{part.key}.json", part.as_json())
    return out.getvalue()


class _Pieces(io.RawIOBase):
    """Where a zip file writes when nobody keeps it: what was written since one last looked."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        """A zip file asks."""
        return True

    def write(self, piece: Any) -> int:
        """Keep a piece until it is taken."""
        self._written += piece
        return len(piece)

    def taken(self) -> bytes:
        """What was written since the last time."""
        piece, self._written = bytes(self._written), bytearray()
        return piece


def streamed(entries: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """A zip file in pieces, an entry at a time: whatever the number of entries, one of them is in memory."""
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in entries:
            _put(file, name, body)
            yield pieces.taken()
    yield pieces.taken()


def _put(file: zipfile.ZipFile, name: str, body: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(entry, body)


def verify(body: bytes) -> list[str]:
    """What in a packet's archive is not what its manifest says; empty where all of it is."""
    wrong = []
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        names = set(file.namelist())
        manifests = [name for name in names if name.endswith("manifest.json")]
        if not manifests:
            return ["It holds no manifest."]
        for name in sorted(manifests):
            folder = name.removesuffix("manifest.json")
            said = json.loads(file.read(name))
            for entry in [said["document"], *said["parts"]]:
                path = folder + entry["file"]
                if path not in names:
                    wrong.append(f"{path} is missing.")
                elif hashlib.sha256(file.read(path)).hexdigest() != entry["sha256"]:
                    wrong.append(f"{path} was changed.")
    return wrong
