"""Pages of long lists whose rows are wide."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet


class ByKeys(Paginator):
    """Pages whose keys are sorted first, and whose rows are read for the keys of one page by `read`, in the same order.

    Sorting tens of thousands of rows with all that is joined to them takes most of such a page's time. A page is two
    statements, and one for the count.
    """

    def __init__(self, rows: QuerySet[Any], per_page: int, *, read: Callable[[list[int]], QuerySet[Any]]) -> None:
        super().__init__(rows, per_page)
        self._read = read

    def page(self, number: Any) -> Any:
        """One page. Raises InvalidPage as Django's does."""
        number = self.validate_number(number)
        bottom = (number - 1) * self.per_page
        rows: Any = self.object_list
        keys = list(rows.values_list("pk", flat=True)[bottom : bottom + self.per_page])
        return Page(self._read(keys), number, self)
