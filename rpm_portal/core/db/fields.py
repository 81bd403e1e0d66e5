"""Custom model fields. Migrations contain them as Django's own fields and import nothing from here."""

from typing import TYPE_CHECKING, Any

from django.core.validators import URLValidator
from django.db import models

from rpm_portal.core.db.tenancy import new_public_id
from rpm_portal.core.identifiers import validate_domain, validate_issuer, validate_npi, validate_zone

if TYPE_CHECKING:
    # The type checker needs its value types; at run time the class takes no arguments.
    _Char = models.CharField[Any, Any]
    _URL = models.URLField[Any, Any]
else:
    _Char, _URL = models.CharField, models.URLField


class PlainInMigrations:
    """A field that migrations write as `stored_as`, the Django field with the same column."""

    stored_as = "django.db.models.CharField"

    def deconstruct(self) -> Any:
        """For migrations: the plain Django field."""
        name, _, args, kwargs = super().deconstruct()  # type: ignore[misc]
        return name, self.stored_as, args, kwargs


class PublicIdField(PlainInMigrations, _Char):
    """A random id for URLs, created with the row: 12 characters, never edited."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        fixed: dict[str, Any] = {"max_length": 12, "editable": False, "default": new_public_id}
        super().__init__(*args, **fixed | kwargs)

    def deconstruct(self) -> Any:
        """For migrations: the plain Django field, without the function that draws the id."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("default", None)
        return name, path, args, kwargs


class NPIField(PlainInMigrations, _Char):
    """A National Provider Identifier with a valid check digit."""

    default_validators = [validate_npi]


class ZoneField(PlainInMigrations, _Char):
    """An IANA time zone by name."""

    default_validators = [validate_zone]


class DomainField(PlainInMigrations, _Char):
    """The part of an e-mail address after the @."""

    default_validators = [validate_domain]


class IssuerField(PlainInMigrations, _URL):
    """The issuer URL of an OpenID Connect provider."""

    stored_as = "django.db.models.URLField"
    default_validators = [URLValidator(), validate_issuer]


def range_of_one(expression: models.F | models.Func) -> models.Func:
    """A range of one whole number, which exclusion constraints compare without an extension."""
    return models.Func(expression, expression, models.Value("[]"), function="int8range")
