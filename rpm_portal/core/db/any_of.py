"""`any_of`: a key among many, as one array and not as a thousand placeholders that are compiled, split and bound."""

from collections.abc import Iterable
from typing import Any

from django.db.models import BigIntegerField, ForeignKey, Lookup


class AnyOf(Lookup):
    """`filter(pk__any_of=ids)` is `id = ANY(ids)`, for whole numbers; a tenth of what thousands cost `in`."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The comparison with one parameter."""
        left, params = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s::bigint[])", (*params, written(self.rhs))


def written(keys: Iterable[Any]) -> str:
    """Whole numbers as PostgreSQL writes an array of them; the driver takes some microseconds for each."""
    return "{" + ",".join(map(str, map(int, keys))) + "}"


def register() -> None:
    """Teach it to keys; called once, when the app registry is ready."""
    BigIntegerField.register_lookup(AnyOf)
    ForeignKey.register_lookup(AnyOf)
