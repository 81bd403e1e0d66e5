"""Pagination of long lists with wide rows."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator


class KeyPaginator(_Paginator):
    """A paginator that sorts only keys and reads the rows of one page with `read`, which must return the same order.

    Sorting tens of thousands of joined rows would take most of the page's time. Two statements per page, and one for
    the count.
    """

    def __init__(self, rows: QuerySet[Any], per_page: int, *, read: Callable[[list[int]], QuerySet[Any]]) -> None:
        super().__init__(rows, per_page)
        self._read = read

    def page(self, number: Any) -> Any:
        """One page. Raises InvalidPage, as Django's paginator does."""
        number = self.validate_number(number)
        offset = (number - 1) * self.per_page
        rows: Any = self.object_list
        keys = list(rows.values_list("pk", flat=True)[offset : offset + self.per_page])
        return Page(self._read(keys), number, self)
