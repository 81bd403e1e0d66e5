"""An evidence packet as plain parts, its manifest and its zip archive. Pure: the same parts give the same bytes."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_EPOCH = (1980, 1, 1, 0, 0, 0)  # fixed, so that the same packet gives the same bytes


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the evidence: a table. `need` names the item of the contractor's checklist that it answers."""

    key: str
    title: str
    need: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @classmethod
    def of(
        cls, key: str, title: str, need: str, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]
    ) -> "Part":
        """A part whose cells are the texts of the rows' values."""
        return cls(key, title, need, columns, tuple(tuple(str(cell) for cell in row) for row in rows))

    @property
    def hole(self) -> bool:
        """Whether the checklist asks for it and nothing is on file; the packet prints that."""
        return bool(self.need) and not self.rows

    def as_json(self) -> bytes:
        """The part as canonical JSON, for its digest."""
        payload = {"key": self.key, "title": self.title, "columns": self.columns, "rows": self.rows}
        return json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

    @property
    def sha256(self) -> str:
        """The digest of its JSON."""
        return hashlib.sha256(self.as_json()).hexdigest()


@dataclass(frozen=True, slots=True)
class Packet:
    """The evidence of one claim: patient, period, provider, and its parts in the checklist's order."""

    name: str
    patient: str
    period: str
    provider: str
    practice: str
    parts: tuple[Part, ...]

    @property
    def missing_documents(self) -> list[Part]:
        """The parts that the checklist asks for and that are missing."""
        return [part for part in self.parts if part.hole]


def manifest(packet: Packet, pdf: bytes) -> bytes:
    """The digests of a packet's document and of each part, as readable JSON."""
    payload: dict[str, object] = {
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
        "missing": [part.need for part in packet.missing_documents],
    }
    return json.dumps(payload, indent=2, ensure_ascii=False).encode()


def archive(packets: list[tuple[Packet, bytes]]) -> bytes:
    """Packets with their manifests and parts in one zip file; a folder for each if there are several."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for packet, pdf in packets:
            folder = f"{packet.name}/" if len(packets) > 1 else ""
            _write_entry(file, f"{folder}{packet.name}.pdf", pdf)
            _write_entry(file, f"{folder}manifest.json", manifest(packet, pdf))
            for part in packet.parts:
                _write_entry(file, f"{folder}parts/{part.key}.json", part.as_json())
    return out.getvalue()


class _ZipBuffer(io.RawIOBase):
    """A write-only buffer for a stream_zip zip file: it returns what was written since the last call of `take`."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        """Required by `zipfile`."""
        return True

    def write(self, piece: Any) -> int:
        """Add a piece to the buffer."""
        self._written += piece
        return len(piece)

    def take(self) -> bytes:
        """Return and clear the buffer."""
        piece, self._written = bytes(self._written), bytearray()
        return piece


def stream_zip(entries: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """A zip file in pieces, an entry at a time. Only one entry is in memory."""
    buffer = _ZipBuffer()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in entries:
            _write_entry(file, name, body)
            yield buffer.take()
    yield buffer.take()


def _write_entry(file: zipfile.ZipFile, name: str, body: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(entry, body)


def verify(body: bytes) -> list[str]:
    """The differences between a packet's archive and its manifest, as sentences; empty if there are none."""
    differences = []
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        names = set(file.namelist())
        manifests = [name for name in names if name.endswith("manifest.json")]
        if not manifests:
            return ["It contains no manifest."]
        for name in sorted(manifests):
            folder = name.removesuffix("manifest.json")
            manifest_data = json.loads(file.read(name))
            for entry in [manifest_data["document"], *manifest_data["parts"]]:
                path = folder + entry["file"]
                if path not in names:
                    differences.append(f"{path} is missing.")
                elif hashlib.sha256(file.read(path)).hexdigest() != entry["sha256"]:
                    differences.append(f"{path} was changed.")
    return differences
