"""The groups of values on a claim that a file shows and that come from other rows than the claim and its lines. Pure.

A group is what is named to a person if it differs from what was sealed.
"""

from typing import Any

from billing.claims.formats.content import Content, ServiceLocation

# A change of the lines changes these groups too.
FROM_LINES = ("diagnoses", "charges", "ordering providers", "other providers", "services")
# Given when a claim is sent, or derived from what was sent before.
NOT_SEALED = ("control", "frequency", "original")


def value_groups(content: Content) -> dict[str, object]:
    """The values of a claim's content by group. Every field of `Content` is in one, or in `NOT_SEALED`."""
    services = content.services
    return {
        "practice": [
            content.practice,
            content.practice_npi,
            content.tax_id,
            content.taxonomy,
            _fields(content.practice_address),
            content.place,
            content.channel,
            content.tax_id_kind,
            content.phone,
            _fields(content.pay_to),
            _location(content.location),
        ],
        "payer": [content.payer, content.payer_id, content.filing, content.medicare],
        "patient": [content.family, content.given, content.born, content.sex, _fields(content.address)],
        "member ID": content.member_id,
        "billing provider": _fields(content.rendering),
        "diagnoses": content.diagnoses,
        "charges": [content.total, *(service.charge for service in services)],
        "ordering providers": [_fields(service.ordering) for service in services],
        "other providers": [
            _fields(content.referring),
            _fields(content.supervising),
            *(_fields(service.referring) for service in services),
        ],
        "services": [
            [
                service.control,
                service.code,
                service.modifiers,
                service.units,
                service.dos,
                service.pointers,
                service.authorization,
                service.place,
            ]
            for service in services
        ],
    }


def _fields(part: Any) -> list[object] | None:
    """The values of an address or a name, in the order of its class."""
    return None if part is None else [getattr(part, name) for name in part.__slots__]


def _location(location: ServiceLocation | None) -> list[object] | None:
    return None if location is None else [location.name, location.npi, _fields(location.address)]
