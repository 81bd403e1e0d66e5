"""Rows that two persons change: each row is found by its key, such as a clinic, a payer and a first day.

The subject of a change (`SettingChange.subject`) is the key as a JSON list of texts. A change of a key that has no row
yet starts from the row that is in force on its first day.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import Field, ForeignKey, Model, QuerySet

from rpm_portal.accounts.models import Practice, SettingChange
from rpm_portal.accounts.setting_kinds import SettingKind, SettingValue, SettingValues
from rpm_portal.core.access import Permission
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused, error_text

DAY = "starts_on"
DECIDER = "manager or physician"
Key = dict[str, object]


def subject_of(texts: Sequence[str]) -> str:
    """A key as the subject of a change."""
    return json.dumps([text.strip() for text in texts], ensure_ascii=False)


def subject_words(subject: str) -> str:
    """A subject as it is shown: "Main Street, every payer, from 2027-01-01" without the parts that are empty."""
    return ", ".join(text for text in json.loads(subject) if text) if subject else ""


@dataclass(frozen=True)
class RowSettings:
    """A table whose rows two persons change: the fields of its key, and those that are entered.

    `labels` has, by the name of a key's foreign key, the field by which a person names the other row.
    """

    slug: str
    title: str
    words: str
    model: type[Model]
    key: tuple[str, ...]
    fields: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> SettingKind:
        """The kind of settings for the two persons."""
        return SettingKind(
            name=self.slug,
            words=self.words,
            permission=Permission.CHANGE_BILLING,
            decider=DECIDER,
            labels={name: self.label(name) for name in self.fields},
            current=self.current,
            apply=self.apply,
            choices={name: choices for name in self.fields if (choices := self._choices(name))},
            subject_words=subject_words,
        )

    def label(self, name: str) -> str:
        """A field's name on the page."""
        words = str(self._field(name).verbose_name)
        return words[:1].upper() + words[1:]

    def rows(self, practice: Practice) -> QuerySet[Model]:
        """The rows of a practice, the latest of each key first."""
        joined = [name for name in self.key if isinstance(self._field(name), ForeignKey)]
        rows: QuerySet[Model] = self.model._default_manager.filter(practice=practice).select_related(*joined)
        return rows

    def key_texts(self, row: Model) -> list[str]:
        """The key of a row, as texts."""
        return [self._text(row, name) for name in self.key]

    def current(self, practice: Practice, subject: str) -> SettingValues:
        """The values of a key's row, of the one in force on its first day, or those that a new row begins with.

        Raises Refused if a part of the key is unknown.
        """
        row = self._row_in_force(practice, self.key_of(practice, subject))
        return {name: _plain(getattr(row, name)) for name in self.fields}

    def check(self, practice: Practice, subject: str, values: SettingValues) -> None:
        """Raises ValidationError or Refused if a row with these values could not be stored."""
        self._changed_row(practice, subject, values).full_clean()

    def apply(self, change: SettingChange) -> None:
        """Store the values of an approved change. Raises Refused if the row would not be valid."""
        row = self._changed_row(change.practice, change.subject, change.values)
        try:
            row.full_clean()
        except ValidationError as error:
            raise Refused(f"Not applied. {error_text(error)}") from None
        save_with_reason(row, reason=change.reason[:90], by=change.asked_by)

    def key_of(self, practice: Practice, subject: str) -> Key:
        """The key's values by field. Raises Refused for an unknown name or day."""
        texts = dict(zip(self.key, json.loads(subject), strict=True))
        return {name: self._key_value(practice, name, text) for name, text in texts.items()}

    def _choices(self, name: str) -> dict[str, str]:
        """The labels of a field's values; empty if it is typed."""
        return {str(value): str(words) for value, words in self._field(name).flatchoices}

    def choices_of(self, practice: Practice, name: str) -> list[str] | None:
        """The texts that a part of the key may have besides none; None if it is typed."""
        part = self._field(name)
        if not isinstance(part, ForeignKey):
            return None
        label = self.labels[name]
        return sorted(set(self._related(practice, name).values_list(label, flat=True)))

    def _field(self, name: str) -> "Field[object, object]":
        found: Field[object, object] = self.model._meta.get_field(name)  # type: ignore[assignment]
        return found

    def _related(self, practice: Practice, name: str) -> QuerySet[Model]:
        related: type[Model] = self._field(name).related_model  # type: ignore[assignment]
        rows: QuerySet[Model] = related._default_manager.filter(practice=practice)
        return rows

    def _key_value(self, practice: Practice, name: str, text: str) -> object:
        part = self._field(name)
        if name == DAY:
            return _first_day(text)
        if not isinstance(part, ForeignKey):
            return text.strip()
        if not text and part.null:
            return None
        row = self._related(practice, name).filter(**{self.labels[name]: text}).order_by("-pk").first()
        if row is None:
            raise Refused(f"{self.label(name)}: choose one of the list.")
        return row

    def _row_in_force(self, practice: Practice, key: Key) -> Model:
        scope = {name: value for name, value in key.items() if name != DAY}
        nothing = {f"{name}__isnull": True for name, value in scope.items() if value is None}
        given = {name: value for name, value in scope.items() if value is not None}
        rows = self.model._default_manager.filter(practice=practice, **nothing, **given)
        if DAY in key:
            rows = rows.filter(**{f"{DAY}__lte": key[DAY]}).order_by(DAY)
        return rows.last() or self.model(practice=practice, **key)

    def _changed_row(self, practice: Practice, subject: str, values: SettingValues) -> Model:
        """The stored row of the key, or a new one like the row in force, with the values. Stores nothing."""
        key = self.key_of(practice, subject)
        row = self._row_in_force(practice, key)
        if any(getattr(row, name) != value for name, value in key.items()):
            like = {name: getattr(row, name) for name in self.fields}
            row = self.model(**like | key | {"practice": practice})
        for name, value in values.items():
            setattr(row, name, value)
        return row

    def _text(self, row: Model, name: str) -> str:
        value = getattr(row, name)
        if value is not None and name in self.labels:
            for part in self.labels[name].split("__"):
                value = getattr(value, part)
        return "" if value is None else str(value)


def _first_day(text: str) -> date:
    day = parse_day(text)
    if day is None:
        raise Refused("Enter the first day, like 2027-01-01.")
    return day


def _plain(value: object) -> SettingValue:
    return value if isinstance(value, bool | int) else str(value if value is not None else "")
