"""Log filter and formatter: each line has the request's id, and no database row, because rows name patients."""

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

import psycopg

_DETAIL = re.compile(r"(DETAIL|CONTEXT):.*?(?=\n[A-Z]+:|\nTraceback|\n\n|\Z)", re.DOTALL)
# The id of the current request: set by the middleware, shown on the error page, and part of every log line.
REQUEST: ContextVar[str] = ContextVar("request", default="-")


# Messages of these name code and types, never a value.
_MESSAGES_WITHOUT_VALUES = (AttributeError, NameError, ImportError, NotImplementedError)


def traceback_without_values(error: BaseException) -> str:
    """The traceback of an exception and of what led to it, without messages that can contain a patient's data.

    A database error is named by SQLSTATE, table, column and constraint.
    """
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.insert(0, link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n".join("".join(traceback.format_tb(each.__traceback__)) + _exception_line(each) for each in chain)


def _exception_line(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if isinstance(error, psycopg.Error):
        place = [error.diag.table_name, error.diag.column_name, error.diag.constraint_name]
        return f"{name}: SQLSTATE {error.sqlstate} {' '.join(filter(None, place))}".rstrip()
    if isinstance(error, _MESSAGES_WITHOUT_VALUES):
        return f"{name}: {error}"
    return f"{name}: (message cut)" if str(error) else name


class CutRowDetails(logging.Filter):
    """Remove quoted rows ("Failing row contains (2, Jane Doe, ...)") from messages, and add the request's id."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place; every record passes."""
        # Django logs refused requests (403, 404) after the middleware has ended, with the request itself.
        record.request_id = getattr(getattr(record, "request", None), "id", None) or REQUEST.get()
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = traceback_without_values(record.exc_info[1])
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
