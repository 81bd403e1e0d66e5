"""One pure parser a source: bytes in, measurements and refusals out. Nothing here asks a clock or a database."""

from monitoring.ingest.strict import BadBody, parse_json
from monitoring.ingest.values import UNITS, Measurement, Refused, check_values

__all__ = ["UNITS", "BadBody", "Measurement", "Refused", "check_values", "parse_json"]
