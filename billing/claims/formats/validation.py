"""A second opinion on an 837P file, where the validator is installed: syntax, loops and code lists of the guide."""

import io
import json


def wrong_with(text: str) -> list[str] | None:
    """What the guide's validator finds, in its words; None where it is not installed.

    It checks no NPI, no total and no date of a code: `edits` does.
    """
    try:
        from pyx12.params import params  # type: ignore[import-untyped]
        from pyx12.x12n_document import x12n_document  # type: ignore[import-untyped]
    except ImportError:
        return None
    report = io.StringIO()
    # Its bundled lists of remark and status codes are old; the file names none of them.
    right = x12n_document(params(), io.StringIO(text), io.StringIO(), None, None, report)
    if right:
        return []
    return _said(report.getvalue()) or ["The validator refused the file without a word."]


def _said(report: str) -> list[str]:
    found: list[str] = []

    def walk(node: object) -> None:
        """Every error text, wherever the report keeps it."""
        if isinstance(node, dict):
            if "err_str" in node or "message" in node:
                found.append(str(node.get("err_str") or node.get("message")))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    try:
        walk(json.loads(report))
    except ValueError:
        found.append(report[:500])
    return found
