"""The worklist's statement: section after section along an index, each to where the page is full, and the counts."""

from collections.abc import Iterator, Sequence
from typing import Any

from rpm_portal.pages.worklist.filters import Filters, marked
from rpm_portal.pages.worklist.sections import SECTIONS, SORTS, Section, of_standing

PAGE = 50
FIRST = 300  # candidates of a section that are looked at before the page asks whether there are more
MOST = 99  # a count is exact up to here; the chips' request says the rest
# Everybody is counted to where the steady ones are more than `MOST` whatever the other bands have.
ALL = 3 * (MOST + 1)
FEWEST = 10  # rows of the week that are shown however many are in need now
_AWAKE = """(k.snoozed_until IS NULL OR k.snoozed_until <= %(today)s OR EXISTS (
  SELECT 1 FROM monitoring_alert w JOIN monitoring_alertstep ws ON ws.alert_id = w.id
  WHERE w.enrollment_id = k.enrollment_id AND w.kind = 'clinical' AND w.state <> 'closed'
    AND ws.kind IN ('opened', 'worsened') AND ws.at > k.snoozed_at))"""
# What a chosen row tells beside its place; `keeping` and `ranking` know it by these names.
_TOLD = """
       k.id, k.enrollment_id, k.facts_moved, k.facts_kept, k.values_moved, k.values_kept, k.kept_on, k.release,
       k.live_on, k.period_to, k.device_days, k.device_need, k.slack, k.blocked, k.drawn, k.drawn_values,
       s.last_reading_at, s.last_metric, s.last_value, s.last_value_2, s.last_bounds, s.open_critical, s.open_high,
       (SELECT CASE WHEN u.family_name <> '' THEN left(u.given_name, 1) || '. ' || u.family_name ELSE u.email END
        FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id WHERE m.id = e.looked_after_by_id) AS owner,
       coalesce((SELECT t.provider_seconds + t.staff_seconds FROM timetracking_monthtotal t
                 WHERE t.enrollment_id = k.enrollment_id AND t.month = %(month)s), 0) AS seconds,
       CASE WHEN s.open_critical > 0 OR s.open_high > 0 THEN (
         SELECT jsonb_build_object('metric', r.metric, 'value', r.value::text, 'value_2', r.value_2::text,
                                   'bounds', r.bounds,
                                   'description', a.description, 'count', a.count, 'part', a.part,
                                   'limit', a.limit::text, 'opened_at', a.opened_at)
         FROM monitoring_alert a LEFT JOIN monitoring_reading r ON r.id = a.reading_id
         WHERE a.enrollment_id = k.enrollment_id AND a.kind = 'clinical' AND a.state <> 'closed'
         ORDER BY CASE a.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 ELSE 2 END, a.last_at DESC
         LIMIT 1) END AS alert
"""
# What sections, orders and chips ask of a row that was read before them.
_ASKED = """k.enrollment_id, k.live_on, k.slack, k.short_seconds, k.period_to, k.blocked, k.named,
         k.open_critical, k.open_high, k.last_reading_at"""
# Whom the filters name, where they are few: read once, by their marks.
_FEW = """
few AS MATERIALIZED (SELECT {asked} FROM worklist_kept k WHERE {marked} AND {where}),
"""
_READ_BEFORE = """FROM {name} k CROSS JOIN LATERAL (
  SELECT k.enrollment_id, k.open_critical, k.open_high, k.last_reading_at) s
"""
GATHERED = 20_000  # rows of a band that are read to be put in an order, at most
_BESIDE = """
LEFT JOIN worklist_kept k ON k.enrollment_id = chosen.pk
LEFT JOIN monitoring_standing s ON s.enrollment_id = chosen.pk
LEFT JOIN enrollment_enrollment e ON e.id = chosen.pk
"""


def statement(
    filters: Filters, wanted: list[int], after: list[Any] | None, given: dict[str, Any], *, near: bool
) -> str:
    """Places along each section's index, the page's share of them, and what is told of each; with the counts beside.

    What is listed from its beginning is counted there; the rest is counted for itself, on a first page alone. Where
    the filters name few, no order's index is gone along.
    """
    parts = {name: sql for band in wanted for name, sql in _listed(band, filters, after, given, near=near)}

    def many(section: Section) -> str:
        """How many a section has, as far as this page counts."""
        if section.band in wanted:
            return f"sizes.{section.name}"
        return "0" if after else _counted(filters, section.where, MOST + 1, along=section.along)

    counted = [many(section) for section in SECTIONS if section.band < 3]
    if after:
        counted += ["0", "0"]
    else:
        counted += ["sizes.urgent" if 1 in wanted else _counted(filters, "k.open_critical > 0", MOST + 1, along=True)]
        # Who is left for the third band is told only where the others were counted to their ends.
        ended = " AND ".join(f"{said} <= {MOST}" for said in (counted[0], " + ".join(counted[1:4])))
        counted += [f"CASE WHEN {ended} THEN {_counted(filters, '', ALL)} ELSE 0 END"]
    counted += [
        f"CASE WHEN {_before(section)} + sizes.{section.name} <= {PAGE if after else MOST} "
        f"THEN EXISTS ({_candidates(section)} OFFSET {FIRST} LIMIT 1) ELSE false END"
        if near and section.band in wanted and _from_its_beginning(section, after)
        else "false"
        for section in SECTIONS
        if section.own
    ]
    full = [f"(SELECT count(*) FROM band_{band}) >= {GATHERED}" for band in filters.gathered]  # noqa: S608
    counted += [" OR ".join(full) or "false"]
    sizes = [f"count(*) FILTER (WHERE section = {_quoted(one.name)}) AS {one.name}" for one in SECTIONS]
    sizes += [f"count(*) FILTER (WHERE band = {band}) AS band_{band}" for band in (1, 2, 3)]
    # Where a page ends is told by its last rows alone; a chosen order has told it already.
    by_section = " ".join(
        f"WHEN {_quoted(one.name)} THEN {_texts(one.place)}" for one in SECTIONS if one.band in wanted
    )
    keys = "chosen.keys" if filters.sort else f"CASE chosen.section {by_section} END"
    first = "".join(f"band_{band} AS MATERIALIZED ({_gathered(band, filters)}), " for band in filters.gathered)
    if filters.few:
        first = _FEW.format(asked=_ASKED, marked=marked(filters.marks), where=_standing(filters, filters.of_rows()))
    # Names, conditions and bounds of our own; every value is a parameter.
    return f"""
WITH {first}
{", ".join(f"part_{name} AS MATERIALIZED ({sql})" for name, sql in parts.items())},
listed AS MATERIALIZED ({" UNION ALL ".join(f"SELECT * FROM part_{name}" for name in parts)}),
sizes AS MATERIALIZED (SELECT {", ".join(sizes)}, count(*) FILTER (WHERE urgent) AS urgent FROM listed),
ranked AS (
  SELECT listed.*, row_number() OVER (PARTITION BY band ORDER BY {"n" if filters.sort else "section, n"}) AS place
  FROM listed),
chosen AS MATERIALIZED (
  SELECT ranked.*, CASE band WHEN 1 THEN band_1 WHEN 2 THEN band_2 ELSE band_3 END AS many FROM ranked, sizes
  WHERE place <= {PAGE} - CASE band WHEN 1 THEN least(band_2, {FEWEST})
                                    WHEN 2 THEN least(band_1, {PAGE - FEWEST}) ELSE 0 END),
counts AS MATERIALIZED (SELECT {", ".join(f"{said} AS c{number}" for number, said in enumerate(counted))} FROM sizes)
SELECT counts.*, chosen.band, chosen.section, {keys}, chosen.many, {_TOLD}
FROM counts LEFT JOIN chosen ON true {_BESIDE}
ORDER BY chosen.band, chosen.place
"""  # noqa: S608


def _from_its_beginning(section: Section, after: list[Any] | None) -> bool:
    """Whether a page lists a section from its first row: not where the page before ended inside it or behind."""
    return after is None or section.name > after[0]


def _candidates(section: Section) -> str:
    """The kept rows that may stand in a section, in its order."""
    return f"""
  SELECT k.enrollment_id, k.practice_id, k.active, k.snoozed_until, k.snoozed_at, k.live_on, k.slack, k.short_seconds,
         k.period_to, k.blocked, k.belongs, k.open_critical, k.open_high, k.last_reading_at FROM worklist_kept k
  WHERE k.practice_id = %(practice)s AND k.active AND {section.own} ORDER BY {section.order}"""  # noqa: S608


def _from(filters: Filters, *, along: bool = False, near: Section | None = None) -> str:
    """The kept rows, and beside them the standings whose index is gone along."""
    if filters.few:
        return _READ_BEFORE.format(name="few")
    rows = f"FROM ({_candidates(near)} LIMIT {FIRST}) k\n" if near else "FROM worklist_kept k\n"
    beside = "JOIN monitoring_standing s ON s.enrollment_id = k.enrollment_id AND s.practice_id = %(practice)s\n"
    return rows + (beside if along else "")


def _gathered(band: int, filters: Filters) -> str:
    """A band's rows, each section's along its own index."""
    return " UNION ALL ".join(f"({rows_of(section, filters, _ASKED)})" for section in SECTIONS if section.band == band)


def rows_of(section: Section, filters: Filters, said: str) -> str:
    """Something of each row of a section that the filters leave, along its index, as far as they are gathered."""
    return f"""
  SELECT {said} {_from(filters, along=section.along)} WHERE {_in(section, filters)}
  ORDER BY {section.order} LIMIT {GATHERED}"""


def _in(section: Section, filters: Filters) -> str:
    """Who of the list stands in a section; what the standing whose index is gone along knows, asked of it."""
    where = f"{listed_where(filters)} AND {section.where}"
    return of_standing(where) if section.along else where


def listed_where(filters: Filters) -> str:
    """Who is on the list that the filters ask for: active, not put off, and what they say."""
    return "true" if filters.few else _standing(filters, filters.where())


def _standing(filters: Filters, said: list[str]) -> str:
    asleep = f"NOT {_AWAKE}" if filters.snoozed else _AWAKE
    return " AND ".join(["k.practice_id = %(practice)s AND k.active", asleep, *said])


def number_of(filters: Filters, most: int) -> str:
    """How many people the filters name, counted to one more than `most`."""
    # Conditions and a bound of our own; every value is a parameter.
    return f"SELECT count(*) FROM (SELECT 1 {panel_of(filters.marks)} LIMIT {most + 1}) named"  # noqa: S608


def panel_of(marks: list[str]) -> str:
    """The active patients who have all the marks; everybody where there are none."""
    panel = "FROM worklist_kept k WHERE k.practice_id = %(practice)s AND k.active"
    return f"{panel} AND {marked(marks)}" if marks else panel


def _before(section: Section) -> str:
    """How many the sections of a band before one have on the page."""
    return " + ".join(
        ["0", *(f"sizes.{one.name}" for one in SECTIONS if one.band == section.band and one.name < section.name)]
    )


def _listed(
    band: int, filters: Filters, after: list[Any] | None, given: dict[str, Any], *, near: bool
) -> Iterator[tuple[str, str]]:
    """One band's page, section after section, or in the order of a chosen header: names and statements.

    A section is not looked at where those before it have filled the page.
    """
    sections = [section for section in SECTIONS if section.band == band]
    most = PAGE + 1 if after else MOST + 1
    if sort := SORTS.get(filters.sort):
        whole = f"({' OR '.join(f'({section.where})' for section in sections)})"
        # Compared by the row whose index is in this order.
        keys = [*sort, ("s.enrollment_id" if filters.sort == "reading" else "k.enrollment_id", "bigint")]
        name = f"CASE {' '.join(f'WHEN {s.where} THEN {_quoted(s.name)}' for s in sections)} END"
        behind = _behind(keys, after, given, past=f"{band}") if after else ""
        order = ", ".join(key for key, _ in keys)
        source, where = _from(filters, along=filters.sort == "reading"), f"{listed_where(filters)} AND {whole}"
        if filters.sort == "reading":
            where = of_standing(where)
        if band in filters.gathered:
            source, where = _READ_BEFORE.format(name=f"band_{band}"), whole
        yield (
            f"{band}",
            f"""
            SELECT {band} AS band, {name} AS section, row_number() OVER (ORDER BY {order}) AS n, k.enrollment_id AS pk,
                   k.open_critical > 0 AS urgent, {_texts(keys)} AS keys
            {source} WHERE {where} {behind}
            ORDER BY {order} LIMIT {most}""",
        )
        return
    before: list[str] = []
    for section in sections:
        if after and section.name < after[0]:
            continue
        behind = _behind(section.place, after, given, past=section.name) if after and section.name == after[0] else ""
        room = f"AND {' + '.join(before)} < {most}" if before else ""
        before.append(f"(SELECT count(*) FROM part_{section.name})")  # noqa: S608 - a name of our own
        yield (
            section.name,
            f"""
            SELECT {band} AS band, '{section.name}' AS section, row_number() OVER (ORDER BY {section.order}) AS n,
                    k.enrollment_id AS pk, {"k.open_critical > 0" if section.band == 1 else "false"} AS urgent
             {
                _from(
                    filters,
                    along=section.along,
                    near=section if near and section.own and _from_its_beginning(section, after) else None,
                )
            }
             WHERE {_in(section, filters)} {room} {behind}
             ORDER BY {section.order} LIMIT {most}""",
        )


def _texts(keys: Sequence[tuple[str, str]]) -> str:
    return f"ARRAY[{', '.join(f'({key})::text' for key, _ in keys)}]"


def _quoted(name: str) -> str:
    return f"'{name}'"


def _behind(keys: Sequence[tuple[str, str]], after: list[Any], given: dict[str, Any], *, past: str) -> str:
    """Only rows behind the last one shown; a row that moved meanwhile neither hides nor repeats the others."""
    ours = ", ".join(key for key, _ in keys)
    theirs = []
    for number, ((_, kind), value) in enumerate(zip(keys, after[1], strict=True)):
        given[f"after_{past}_{number}"] = value
        theirs.append(f"%(after_{past}_{number})s::{kind}")
    return f"AND ({ours}) > ({', '.join(theirs)})"


def _counted(filters: Filters, where: str, most: int, *, along: bool = False) -> str:
    """How many there are, counted to `most`."""
    if along:
        where = of_standing(where)
    only = f" AND {where}" if where else ""
    return f"""
  (SELECT count(*) FROM (SELECT 1 {_from(filters, along=along)} WHERE {listed_where(filters)}{only}
   LIMIT {most}) q)"""  # noqa: S608 - conditions of our own
