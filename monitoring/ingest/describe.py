"""The page docs/vendors.md, written from what the vendors' modules register."""

import json
from collections.abc import Iterator
from typing import Any

from monitoring.ingest.registry import senders
from monitoring.ingest.vendor import ApiOperation, Vendor

_INTRODUCTION = """# Senders of readings

`manage.py describe_vendors > docs/vendors.md` writes this page from the modules in `monitoring/ingest/vendors/`.
What is common to all senders is in [readings.md](readings.md). To try one out, with the key of a source:
`manage.py send_reading --vendor SHAPE --device SERIAL --values 128 79 66 --key KEY`.
"""


def vendors_page() -> str:
    """The whole page as Markdown."""
    return "\n".join([_INTRODUCTION, *(line for vendor in senders() for line in _section(vendor))])


def _section(vendor: Vendor) -> Iterator[str]:
    yield f"## {vendor.label} (`{vendor.shape}`)\n"
    for operation in vendor.operations:
        yield f"- Address: `POST /api/{operation.path.replace('{key}', '<key>')}`. {operation.description}"
    if vendor.is_at_readings and vendor.shape != "portal":
        yield "- `/api/readings/` takes these bodies too."
    yield f"- Key: {vendor.key_place.value}"
    yield f"- Measures: {_words(vendor.metrics)}."
    if vendor.contacts:
        yield f"- Only a contact of the device, never a reading: {', '.join(vendor.contacts)}."
    if vendor.unit_settings:
        yield f"- Units to choose on the source, for values without one: {_words(vendor.unit_settings)}."
    yield f"- Identity of a reading: {vendor.identity}."
    yield from (f"- {note}" for note in vendor.notes)
    yield ""
    yield from _example(vendor.operations[-1])


def _words(metrics: tuple[str, ...]) -> str:
    return ", ".join(metric.replace("_", " ") for metric in metrics)


def _example(operation: ApiOperation) -> Iterator[str]:
    ((media, content),) = operation.request_body["requestBody"]["content"].items()
    example: Any = content["example"]
    yield f"`Content-Type: {media}`\n"
    if isinstance(example, str):
        yield f"```text\n{example.rstrip()}\n```\n"
    elif media == "application/json":
        yield f"```json\n{json.dumps(example, indent=1)}\n```\n"
    else:
        yield f"```text\n{'&'.join(f'{name}={value}' for name, value in example.items())}\n```\n"
