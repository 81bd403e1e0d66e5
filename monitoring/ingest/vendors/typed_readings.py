"""Readings typed on a page of the portal: the neutral batch, with staff or the patient as the source of each."""

from monitoring.ingest.strict import BadBody
from monitoring.ingest.values import Entry
from monitoring.ingest.vendor import KeyPlace, Units, Vendor
from monitoring.ingest.vendors.portal import parse_entry


def parse(body: object, units: Units) -> list[Entry]:
    """The entries of a batch typed in the portal: the source of each is staff or the patient."""
    if not isinstance(body, dict) or not isinstance(body.get("readings"), list):
        raise BadBody('Send an object with one key, "readings", whose value is a list.')
    return [parse_entry(entry, {"staff", "patient"}, "person") for entry in body["readings"]]


VENDOR = Vendor(shape="hand", label="typed in the portal", parse=parse, key_place=KeyPlace.NONE)
