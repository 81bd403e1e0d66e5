"""One link of the navigation, and the same link on a page."""

from dataclasses import dataclass

from django.urls import reverse

from rpm_portal.core.access import Permission
from rpm_portal.core.days import Month


@dataclass(frozen=True, slots=True)
class Item:
    """One link: the name of its view, its label, its symbol in `icons.svg`, and the permissions that show it.

    `needs` are all required, and one of `one_of` if there are any. `month` counts from the current month, if the page
    is of a month. `tab`: in the bar at the bottom of a phone. `count` names a number of `views.py`.
    """

    view: str
    label: str
    icon: str
    needs: tuple[Permission, ...] = ()
    pages: tuple[str, ...] = ()
    month: int | None = None
    key: str = ""
    tab: bool = False
    count: str = ""
    one_of: tuple[Permission, ...] = ()

    def is_for(self, may: frozenset[str]) -> bool:
        """Whether these permissions show the item."""
        return may.issuperset(self.needs) and (not self.one_of or not may.isdisjoint(self.one_of))

    def address(self, today: Month) -> str:
        """The URL of the page."""
        return reverse(self.view, args=[] if self.month is None else [str(today.plus(self.month))])


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """An item with its URL, and whether the page belongs to it."""

    item: Item
    url: str
    current: bool
