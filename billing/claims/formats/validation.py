"""The validation of an 837P file, if the validator is installed: syntax, loops and code lists of the guide."""

import io
import json


def validation_errors(text: str) -> list[str] | None:
    """The validator's errors in its own words; None if it is not installed.

    It checks no NPI, no total and no date of a code: `edits` does.
    """
    try:
        from pyx12.params import params  # type: ignore[import-untyped]
        from pyx12.x12n_document import x12n_document  # type: ignore[import-untyped]
    except ImportError:
        return None
    report = io.StringIO()
    # The validator's lists of remark and status codes are old, but an 837P file contains none of these codes.
    is_valid = x12n_document(params(), io.StringIO(text), io.StringIO(), None, None, report)
    if is_valid:
        return []
    return _error_texts(report.getvalue()) or ["The validator refused the file without a word."]


def _error_texts(report: str) -> list[str]:
    texts: list[str] = []

    def walk(node: object) -> None:
        """Collect every error text at any depth of the report."""
        if isinstance(node, dict):
            if "err_str" in node or "message" in node:
                texts.append(str(node.get("err_str") or node.get("message")))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    try:
        walk(json.loads(report))
    except ValueError:
        texts.append(report[:500])
    return texts
