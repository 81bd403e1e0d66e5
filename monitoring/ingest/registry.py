"""The vendors' modules, found by their place: those in `monitoring/ingest/vendors/` with `VENDOR` or `FILE_FORMAT`."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING

from monitoring.ingest.vendor import Vendor

if TYPE_CHECKING:
    from monitoring.ingest.vendors.files import FileFormat


def _modules() -> Iterator[ModuleType]:
    for module in iter_modules([str(Path(__file__).parent / "vendors")], "monitoring.ingest.vendors."):
        yield import_module(module.name)


@cache
def file_formats() -> "list[FileFormat]":
    """The exports that are recognized: `FILE_FORMAT` of the modules, in the order of their names."""
    formats = (getattr(module, "FILE_FORMAT", None) for module in _modules())
    return [found for found in formats if found is not None]


@cache
def vendors() -> dict[str, Vendor]:
    """Each registered vendor by its shape, in the order of the labels. Raises ValueError if two have the same shape."""
    found: dict[str, Vendor] = {}
    for module in _modules():
        vendor = getattr(module, "VENDOR", None)
        if vendor is None:
            continue
        if vendor.shape in found or not 1 <= len(vendor.shape) <= 12:
            raise ValueError(
                f"The shape {vendor.shape!r} of {module.__name__} is taken, or is not 1 to 12 characters long."
            )
        found[vendor.shape] = vendor
    return dict(sorted(found.items(), key=lambda item: item[1].label.lower()))


def senders() -> list[Vendor]:
    """The vendors with an address of the API, in the order of their labels."""
    return [vendor for vendor in vendors().values() if vendor.operations]


def shapes_by_people() -> list[str]:
    """The shapes of readings that people of the practice enter themselves."""
    return [vendor.shape for vendor in vendors().values() if vendor.is_by_people]


def shape_choices() -> list[tuple[str, str]]:
    """Shape and label of every vendor, for the column of the source."""
    return [(vendor.shape, vendor.label) for vendor in vendors().values()]
