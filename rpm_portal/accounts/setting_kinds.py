"""Kinds of practice settings that two persons change. An app registers its kind when the portal starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rpm_portal.accounts.models import Practice, SettingChange
from rpm_portal.core.access import Permission

SettingValue = bool | int | str | list[str]
SettingValues = dict[str, SettingValue]


@dataclass(frozen=True)
class SettingKind:
    """Settings that are entered, approved and applied together.

    `current` returns the present values by name, of the practice or of a subject (`SettingChange.subject`), and `apply`
    writes those of an approved change. `confirmed_with` has, by the name of a setting, others that a change of it
    contains, so that the second person sees and confirms them.
    """

    name: str
    words: str  # "security settings", in sentences
    permission: Permission  # of the person who enters a change, and of the one who decides
    decider: str  # "administrator", the second person in sentences
    labels: Mapping[str, str]
    current: Callable[[Practice, str], SettingValues]
    apply: Callable[[SettingChange], None]
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    confirmed_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    subject_words: Callable[[str], str] = str  # a subject as it is shown

    def in_words(self, name: str, value: SettingValue) -> str:
        """A value as text: yes, no, the label of a choice, or the value."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            return ", ".join(map(str, value))
        return str(self.choices.get(name, {}).get(str(value), value))

    def rows(self, change: SettingChange) -> list[tuple[str, str, str]]:
        """Label, present and new value of each setting of a change."""
        return [
            (self.labels.get(name, name), self.in_words(name, change.before[name]), self.in_words(name, value))
            for name, value in change.values.items()
        ]


_kinds: dict[str, SettingKind] = {}


def register_kind(kind: SettingKind) -> None:
    """Make a kind known to the services and to `manage.py approve`. At start."""
    _kinds[kind.name] = kind


def kind_of(change: SettingChange) -> SettingKind:
    """The kind of a change. Raises KeyError if its app is not installed."""
    return _kinds[change.kind]
