"""The history of models whose rows belong to a practice."""

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords


class PracticeHistory(HistoricalRecords):  # type: ignore[misc, unused-ignore]
    """HistoricalRecords whose practice column is never NULL."""

    def copy_fields(self, model: type[models.Model]) -> dict[str, object]:
        """The columns of the history table."""
        fields: dict[str, Any] = super().copy_fields(model)
        if "practice" in fields:
            fields["practice"].null = fields["practice"].blank = False
        return fields
