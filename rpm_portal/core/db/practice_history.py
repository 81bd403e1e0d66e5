"""The history of a practice's rows, which belongs to the practice as the rows do."""

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords


class PracticeHistory(HistoricalRecords):  # type: ignore[misc, unused-ignore]
    """As HistoricalRecords, but the practice of a history row is never empty."""

    def copy_fields(self, model: type[models.Model]) -> dict[str, Any]:
        """The columns of the history table."""
        fields: dict[str, Any] = super().copy_fields(model)
        if "practice" in fields:
            fields["practice"].null = fields["practice"].blank = False
        return fields
