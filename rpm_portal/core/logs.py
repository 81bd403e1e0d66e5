"""Log filter and formatter: each line has the request's id, and no database row, because rows name patients."""

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

_DETAIL = re.compile(r"(DETAIL|CONTEXT):.*?(?=\n[A-Z]+:|\nTraceback|\n\n|\Z)", re.DOTALL)
# The id of the current request: set by the middleware, shown on the error page, and part of every log line.
REQUEST: ContextVar[str] = ContextVar("request", default="-")


class CutRowDetails(logging.Filter):
    """Remove quoted rows ("Failing row contains (2, Jane Doe, ...)") from messages, and add the request's id."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place; every record passes."""
        # Django logs refused requests (403, 404) after the middleware has ended, with the request itself.
        record.request_id = getattr(getattr(record, "request", None), "id", None) or REQUEST.get()
        if record.exc_info and record.exc_info[1] is not None and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info))
        if record.exc_text:
            record.exc_text = _DETAIL.sub(r"\1: (cut)", record.exc_text)
        message = record.getMessage()
        if "DETAIL:" in message or "CONTEXT:" in message:
            record.msg, record.args = _DETAIL.sub(r"\1: (cut)", message), ()
        return True


class JsonLine(logging.Formatter):
    """A record as one line of JSON: at, level, logger, request, says, and the traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; a line feed inside a text is escaped."""
        fields = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "request": getattr(record, "request_id", "-"),
            "says": record.getMessage(),
        }
        if record.exc_text:
            fields["traceback"] = record.exc_text
        return json.dumps(fields, ensure_ascii=False)
