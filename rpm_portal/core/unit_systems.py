"""The units in which a practice reads and types weights and temperatures."""

from django.db import models


class UnitSystem(models.TextChoices):
    """A practice's units on screens, in files for people, and in packets. Stored values do not depend on it."""

    US = "us", "pounds and degrees Fahrenheit"
    METRIC = "metric", "kilograms and degrees Celsius"
