"""What a log line may hold: no row of the database, since rows name patients."""

import logging
import re
import traceback

_DETAIL = re.compile(r"(DETAIL|CONTEXT):.*?(?=\n[A-Z]+:|\nTraceback|\n\n|\Z)", re.DOTALL)


class CutRowDetails(logging.Filter):
    """Cut the parts of a database error that quote the row ("Failing row contains (2, Jane Doe, ...)")."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; every record passes."""
        if record.exc_info and record.exc_info[1] is not None and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info))
        if record.exc_text:
            record.exc_text = _DETAIL.sub(r"\1: (cut)", record.exc_text)
        message = record.getMessage()
        if "DETAIL:" in message or "CONTEXT:" in message:
            record.msg, record.args = _DETAIL.sub(r"\1: (cut)", message), ()
        return True
