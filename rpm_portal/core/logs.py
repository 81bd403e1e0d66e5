"""What a log line may hold: the request's number, and no row of the database, since rows name patients."""

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

_DETAIL = re.compile(r"(DETAIL|CONTEXT):.*?(?=\n[A-Z]+:|\nTraceback|\n\n|\Z)", re.DOTALL)
# The request that is worked on; the middleware sets it, the error page shows it, and every line of its log carries it.
REQUEST: ContextVar[str] = ContextVar("request", default="-")


class CutRowDetails(logging.Filter):
    """Cut what quotes a row ("Failing row contains (2, Jane Doe, ...)"), and say which request a line belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; every record passes."""
        record.request_id = REQUEST.get()
        if record.exc_info and record.exc_info[1] is not None and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info))
        if record.exc_text:
            record.exc_text = _DETAIL.sub(r"\1: (cut)", record.exc_text)
        message = record.getMessage()
        if "DETAIL:" in message or "CONTEXT:" in message:
            record.msg, record.args = _DETAIL.sub(r"\1: (cut)", message), ()
        return True


class JsonLine(logging.Formatter):
    """A record as one line of JSON: at, level, logger, request, says, and the traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; a line feed inside a text stays inside its quotes."""
        told = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "request": getattr(record, "request_id", "-"),
            "says": record.getMessage(),
        }
        if record.exc_text:
            told["traceback"] = record.exc_text
        return json.dumps(told, ensure_ascii=False)
