"""Description of the rules, generated from their data: `python -m billing.rules describe` prints docs/rules.md."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from billing.rules.citation_links import CitationLinks
from billing.rules.code_set import Code
from billing.rules.codes_loader import load_codes
from billing.rules.policy import END, Policy, PolicyGap, parameters
from billing.rules.policy_loader import load_preset
from billing.rules.sentences import SENTENCES, clock
from billing.rules.unit_edits import unit_edits

# The shipped presets in the order of the columns, with the titles of the columns. The first is the one they extend.
PRESETS = {"medicare_general_supervision": "Medicare, general supervision", "strict_provider_only": "Strictest"}
HEAD = """# The rules in words

Written by `python -m billing.rules describe` from the data the engine decides with; a test fails when the two differ.
To change a number, change its TOML file with its dates and sources, and generate this page again.

How a month is decided: every rule reads the facts and returns its findings, and no rule ends the run early. A line is
proposed if a code's own count is reached. It is billed unless a finding blocks the whole program, its component or its
device period. A code that is not proposed has a finding with the smallest thing that is missing. Seconds are summed and
compared, never rounded.
"""


def describe() -> str:
    """The whole page."""
    links = CitationLinks()
    lines = [HEAD, *_codes(links), *_parameters(links), *_findings(), ""]
    return "\n".join([*lines, *links.addresses()]) + "\n"


def _day(day: date) -> str:
    return "" if day == END else f"{day:%b} {day.day}, {day.year}"


def _span(first: date, last: date) -> str:
    return f"from {_day(first)}" + (f" to {_day(last)}" if last != END else "")


def threshold_words(code: Code, value: int) -> str:
    """A threshold of a code: minutes and seconds, or the number of days or readings."""
    return clock(value) if code.counts.startswith("seconds") else str(value)


# Names of fields of a code if the name in the file is short.
_FIELD_NAMES = {"from": "first day", "min": "threshold", "excludes": "exclusions", "once": "how often"}


def _codes(links: CitationLinks) -> Iterator[str]:
    yield "## Codes\n"
    for code in load_codes().by_code.values():
        yield f"### {code.code}: {code.about}\n"
        mins = "; ".join(f"{threshold_words(code, value)} {_span(first, last)}" for first, last, value in code.mins)
        yield f"- Program {code.program}, valid {_span(code.first, code.last)}. Counts {code.counts}: at least {mins}."
        extra = []
        if code.system:
            extra.append(f"for the system {code.system.replace('_', ' ')}")
        if code.add_on_of:
            extra.append(f"only as an add-on to {code.add_on_of}")
        if code.excludes:
            extra.append(f"never with {', '.join(code.excludes)} for the same time")
        if code.live_contact:
            extra.append("needs a live conversation in the month")
        if code.performer:
            extra.append(
                {"provider": "a physician's or QHP's own time", "staff": "clinical staff time"}[code.performer]
            )
        if (edit := unit_edits().get(code.code)) is not None:
            unit = "unit" if edit.most == 1 else "units"
            extra.append(f"at most {edit.most} {unit} on one date of service (unit edit, indicator {edit.indicator})")
        if code.therapy_modifier:
            extra.append(
                "GP, GO or GN under a therapy plan" + (", CQ or CO by an assistant" if code.assistant_modifier else "")
            )
        if extra:
            remarks = "; ".join(extra)
            yield f"- {remarks[0].upper()}{remarks[1:]}."
        if code.unverified_fields:
            names = (_FIELD_NAMES.get(field, field.replace("_", " ")) for field in code.unverified_fields)
            yield f"- Not verified: {', '.join(names)}."
        yield f"- {links.text(code.citation)}"
        for (first, last, value), citation in zip(code.mins, code.min_citations, strict=True):
            if citation.sources != code.citation.sources:
                yield f"- Threshold {threshold_words(code, value)} {_span(first, last)}. {links.text(citation)}"
        yield ""


def policy_rows(policy: Policy, on: date) -> list[tuple[str, str, str, dict[str, Any]]]:
    """A policy on a day in words: (parameter, description, value, citation).

    The citation is that of `Citation.as_json`. A parameter without a value has a remark.
    """
    rows: list[tuple[str, str, str, dict[str, Any]]] = []
    for key, spec in parameters().items():
        try:
            item = policy.dated(key, on)
        except PolicyGap:
            rows.append((key, spec["about"], "no value for this day: lines with such a date of service wait", {}))
        else:
            rows.append((key, spec["about"], value_words(item.value), item.citation.as_json()))
    return rows


def _value_text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    return "none" if value == {} else str(value)


# Labels of values whose name alone is not clear.
_VALUE_LABELS = {
    "qhp": "QHP",
    "physician_qhp_only": "physician or QHP alone",
    "include_incident_to_staff": "staff incident to, too",
    "physician_or_qhp": "physician or QHP",
    "98980_family": "98980, 98981",
    "99457_family": "99457, 99458",
    "rolling_30": "thirty days, rolling",
    "fda_defined": "as FDA defines it",
    "sum_seconds": "seconds are summed",
    "floor_each_entry": "each entry is cut to whole minutes",
    "exclude_overlap": "the minutes that overlap",
    "exclude_all_physician_time": "all physician time of that day",
    "supervision_recorded": "supervision on record",
    "period_close": "the last day of the period",
    "period_range": "the whole period",
    "last_recorded_day": "the last day on which the device recorded data",
}


def value_words(value: object) -> str:
    """A value as pages show it; the document and the files have its name."""
    if isinstance(value, tuple):
        return ", ".join(map(value_words, value))
    return (
        _VALUE_LABELS.get(value, _value_text(value).replace("_", " ")) if isinstance(value, str) else _value_text(value)
    )


def _parameters(links: CitationLinks) -> Iterator[str]:
    yield "## Parameters\n"
    yield "A payer follows a preset and may have exceptions, parameter by parameter, with dates and a source."
    yield "A line waits if a parameter has no value on its date of service: the engine does not guess. Nothing else"
    yield "waits for the rules of that year; a device period that extends into it stays open, with its days so far.\n"
    yield f"| Parameter | Meaning | {' | '.join(PRESETS.values())} | Source of Medicare's |"
    yield "|" + "---|" * (3 + len(PRESETS))
    presets = [load_preset(name) for name in PRESETS]
    for key, spec in parameters().items():
        values = [
            "; ".join(
                _value_text(item.value) + (f" ({_span(item.first, item.last)})" if item.last != END else "")
                for item in preset.values[key]
            )
            for preset in presets
        ]
        columns = [value if value != values[0] or place == 0 else "as Medicare" for place, value in enumerate(values)]
        cells = [f"`{key}`", spec["about"], *columns, _sources_of(presets[0], key, links)]
        yield f"| {' | '.join(cells)} |"
    yield ""


def _sources_of(policy: Policy, key: str, links: CitationLinks) -> str:
    """The citations of a parameter's values, each once, with its first day if they differ."""
    cited = {links.text(item.citation): item.first for item in reversed(policy.values[key])}
    if len(cited) == 1:
        return next(iter(cited))
    return "<br>".join(f"From {_day(first)}: {text}" for text, first in cited.items())


def _findings() -> Iterator[str]:
    yield "## Findings\n"
    yield "Codes are stable: reports and appeals may rely on them.\n"
    yield "| Code | Sentence |"
    yield "|---|---|"
    for code, sentence in sorted(SENTENCES.items()):
        yield f"| `{code}` | {sentence} |"
