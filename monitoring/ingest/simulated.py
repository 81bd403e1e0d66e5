"""Bodies as each vendor would send them, for trying out the readings API: the inverse of the parsers."""

from datetime import datetime

from monitoring.ingest.registry import vendors
from monitoring.ingest.vendor import Values, Vendor


class MetricNotSent(ValueError):
    """The vendor does not send this metric; the message lists those it sends."""


def simulated_vendors() -> dict[str, Vendor]:
    """The vendors with a simulator, by shape."""
    return {shape: vendor for shape, vendor in vendors().items() if vendor.simulate is not None}


def body_of(vendor: str, *, serial: str, metric: str, values: Values, at: datetime) -> tuple[str, object]:
    """The address and the body with which a vendor would send a measurement. Raises MetricNotSent.

    The address may contain "{key}". A body that is a text is a form, else JSON.
    """
    sender = vendors()[vendor]
    if metric not in sender.metrics or sender.simulate is None:
        raise MetricNotSent(f"{sender.label} sends these measures: {', '.join(sender.metrics)}.")
    # The last address takes one measurement, the first one a batch.
    return f"/api/{sender.operations[-1].path}", sender.simulate(serial, metric, values, at)


def media_of(vendor: str) -> str:
    """The media type of a vendor's bodies."""
    return str(next(iter(vendors()[vendor].operations[-1].request_body["requestBody"]["content"])))
