"""An evidence packet as plain parts, its manifest and its zip archive. Pure: the same parts give the same bytes."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

ITEM_COLUMNS = ("Item", "Value")  # of a part that lists items, one a row
NOT_ON_FILE = "NOT ON FILE"
SIGNATURE_FILE = "manifest.sig"
Sign = Callable[[bytes], str]
_EPOCH = (1980, 1, 1, 0, 0, 0)  # fixed, so that the same packet gives the same bytes


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the evidence: a table. `need` names the item of the contractor's checklist that it answers.

    `required` are the columns in which a cell must not be empty.
    """

    key: str
    title: str
    need: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    required: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        key: str,
        title: str,
        need: str,
        columns: tuple[str, ...],
        rows: Iterable[tuple[object, ...]],
        *,
        required: tuple[str, ...] = (),
    ) -> "Part":
        """A part whose cells are the texts of the rows' values."""
        return cls(key, title, need, columns, tuple(tuple(str(cell) for cell in row) for row in rows), required)

    @property
    def empty(self) -> list[str]:
        """What a row lacks: the column, or the item that the row's first cell names if the second must be filled."""
        places = [self.columns.index(name) for name in self.required]
        lacking = [(row, place) for row in self.rows for place in places if not row[place].strip()]
        names = [row[0] if self.columns == ITEM_COLUMNS else self.columns[place] for row, place in lacking]
        return list(dict.fromkeys(names))

    @property
    def hole(self) -> bool:
        """Whether the checklist asks for it, and it or a required cell of it is not on file; the packet prints that."""
        return bool(self.need) and (not self.rows or bool(self.empty))

    @property
    def missing(self) -> str:
        """What is missing, for lists: the item of the checklist, with the empty cells if there are rows."""
        return f"{self.need} ({', '.join(self.empty)})" if self.rows else self.need

    def printed(self, row: tuple[str, ...]) -> tuple[str, ...]:
        """The cells of a row as they are printed: a required one that is empty says so."""
        places = {self.columns.index(name) for name in self.required}
        return tuple(NOT_ON_FILE if place in places and not cell.strip() else cell for place, cell in enumerate(row))

    def as_json(self) -> bytes:
        """The part as canonical JSON, for its digest."""
        payload = {"key": self.key, "title": self.title, "columns": self.columns, "rows": self.rows}
        return json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

    @property
    def sha256(self) -> str:
        """The digest of its JSON."""
        return hashlib.sha256(self.as_json()).hexdigest()


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A document of the record as a file of its own: a signed order, a consent with its words, a scan."""

    file: str
    title: str
    body: bytes

    @property
    def sha256(self) -> str:
        """The digest of the file."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Packet:
    """The evidence of one claim: patient, period, provider, its parts in the checklist's order, and documents.

    `public_key` is that of the installation, as hexadecimal digits; empty if the manifest is not signed.
    """

    name: str
    patient: str
    period: str
    provider: str
    practice: str
    parts: tuple[Part, ...]
    documents: tuple[SourceDocument, ...] = ()
    public_key: str = ""

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
        "documents": [
            {"file": f"documents/{one.file}", "title": one.title, "sha256": one.sha256} for one in packet.documents
        ],
        "missing": [part.missing for part in packet.missing_documents],
        "public_key": packet.public_key,
    }
    return json.dumps(payload, indent=2, ensure_ascii=False).encode()


def archive(packets: list[tuple[Packet, bytes]], *, sign: Sign | None = None) -> bytes:
    """Packets with their manifests, parts and documents in one zip file; a folder for each if there are several.

    `sign` returns the signature of a manifest as text; without it there is none.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for packet, pdf in packets:
            folder = f"{packet.name}/" if len(packets) > 1 else ""
            _write_entry(file, f"{folder}{packet.name}.pdf", pdf)
            digests = manifest(packet, pdf)
            _write_entry(file, f"{folder}manifest.json", digests)
            if sign is not None:
                _write_entry(file, f"{folder}{SIGNATURE_FILE}", sign(digests).encode())
            for part in packet.parts:
                _write_entry(file, f"{folder}parts/{part.key}.json", part.as_json())
            for document in packet.documents:
                _write_entry(file, f"{folder}documents/{document.file}", document.body)
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


def verify(body: bytes, *, is_signed: Callable[[bytes, str], bool] | None = None) -> list[str]:
    """The differences between a packet's archive and its manifest, as sentences; empty if there are none.

    `is_signed` decides whether a signature is that of a manifest; without it signatures are not checked.
    """
    differences = []
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        names = set(file.namelist())
        manifests = [name for name in names if name.endswith("manifest.json")]
        if not manifests:
            return ["It contains no manifest."]
        for name in sorted(manifests):
            folder = name.removesuffix("manifest.json")
            digests = file.read(name)
            if is_signed is not None:
                signature = file.read(folder + SIGNATURE_FILE) if folder + SIGNATURE_FILE in names else b""
                if not is_signed(digests, signature.decode("ascii", "replace")):
                    differences.append(f"{name} is not signed with this key.")
            differences += _changed_files(file, folder, json.loads(digests))
    return differences


def _changed_files(file: zipfile.ZipFile, folder: str, digests: dict[str, Any]) -> Iterator[str]:
    """A sentence for each file of a manifest that is missing or differs."""
    names = set(file.namelist())
    for entry in [digests["document"], *digests["parts"], *digests.get("documents", [])]:
        path = folder + entry["file"]
        if path not in names:
            yield f"{path} is missing."
        elif hashlib.sha256(file.read(path)).hexdigest() != entry["sha256"]:
            yield f"{path} was changed."
