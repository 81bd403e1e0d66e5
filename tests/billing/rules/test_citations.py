"""Citations: every value of the rules has sources or is marked as not verified, and the loaders refuse anything else."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from billing.rules import PolicyError, load_codes, load_preset
from billing.rules import policy as policy_module
from billing.rules.citations import Citation, CitedSource, citation_text
from billing.rules.policy_loader import load_policy

FOLDER = Path(policy_module.__file__).parent
FILES = sorted([*FOLDER.glob("codes/*.toml"), *FOLDER.glob("policies/*.toml")])
TABLES = [
    (f"{path.name}, {name}", block, row)
    for path in FILES
    for name, block in tomllib.loads(path.read_text()).items()
    if isinstance(block, dict)
    for row in block.get("min", block.get("values", []))
]
READ = '{ title = "Contractor: article 1", href = "https://example.org/1" }'
UNREAD = '{ title = "Final rule (not read)", href = "https://www.federalregister.gov/d/1", page = "90 FR 1" }'


def is_cited(table: dict) -> bool:
    return bool(table.get("sources") or table.get("unverified"))


@pytest.mark.parametrize(("block", "row"), [table[1:] for table in TABLES], ids=[table[0] for table in TABLES])
def test_every_value_has_sources_or_is_marked_unverified(block, row):
    assert is_cited(row) or is_cited(block)
    assert "source" not in block


def test_the_files_have_the_values_that_were_checked():
    assert len(TABLES) >= 70


def test_a_code_without_any_unverified_mark_was_read_in_a_source():
    for code in load_codes().by_code.values():
        assert code.citation.sources or code.citation.unverified
        assert len(code.min_citations) == len(code.mins)
        for citation in code.min_citations:
            assert citation.unverified or any("(not read)" not in source.title for source in citation.sources)


def plan(tmp_path, table: str, value: str = ""):
    path = tmp_path / "plan.toml"
    path.write_text(f'[order_kind]\n{table}\nvalues = [{{ from = 2026-01-01, value = "order"{value} }}]')
    return load_policy(path).dated("order_kind", date(2026, 1, 1)).citation


def test_sources_of_a_table_apply_to_its_values_and_a_value_may_have_its_own(tmp_path):
    shared = Citation((CitedSource("Contractor: article 1", "https://example.org/1"),), False, "")

    assert plan(tmp_path, f"sources = [{READ}]") == shared
    assert plan(tmp_path, f"sources = [{READ}]", ", unverified = true") == Citation((), True, "")
    assert plan(tmp_path, "", f", sources = [{READ}]") == shared
    assert plan(tmp_path, f'sources = [{READ}]\nnote = "Our reading."').note == "Our reading."


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "needs sources = [{ title, href, page }] or unverified = true"),
        ("unverified = false", "needs sources = [{ title, href, page }] or unverified = true"),
        ("sources = []", "needs sources = [{ title, href, page }] or unverified = true"),
        ('note = "ours"', "needs sources = [{ title, href, page }] or unverified = true"),
        ('unverified = "yes"', "unverified takes true or false"),
        ("unverified = true\nnote = 7", "note takes a text"),
        ('sources = "CPT"', "sources takes a list like [{ title, href, page }]"),
        ('sources = ["CPT"]', "sources takes a list like [{ title, href, page }]"),
        ('sources = [{ href = "https://example.org" }]', "a source needs a title, and no field of it is empty"),
        (
            'sources = [{ title = " ", href = "https://example.org" }]',
            "a source needs a title, and no field of it is empty",
        ),
        ('sources = [{ title = "CPT" }]', "the source 'CPT' needs an href that begins with https://"),
        (
            'sources = [{ title = "CPT", href = "javascript:alert(1)" }]',
            "the source 'CPT' needs an href that begins with https://",
        ),
        (
            'sources = [{ title = "CPT", url = "https://example.org" }]',
            "a source has no 'url'; write title, href, page",
        ),
        (
            'sources = [{ title = "Rule", href = "https://www.federalregister.gov/d/1" }]',
            "the source 'Rule' needs a page",
        ),
        (f"sources = [{UNREAD}]", "needs unverified = true, because no source of it was read"),
        ('source = "CPT"', "'source' is not known; write note, sources, unverified, values"),
    ],
)
def test_a_citation_that_is_not_complete_is_refused_with_file_and_parameter(tmp_path, table, message):
    with pytest.raises(PolicyError) as refusal:
        plan(tmp_path, table)
    assert str(refusal.value) == f"plan.toml, order_kind: {message}"


def test_an_unread_source_is_accepted_for_a_value_that_is_not_verified(tmp_path):
    assert plan(tmp_path, f"unverified = true\nsources = [{UNREAD}]").sources[0].page == "90 FR 1"


CODE = (
    '["99999"]\nprogram = "X"\ncomponent = "c"\nrole = "r"\nabout = "a"\ncounts = "d"\nfrom = 2020-01-01\n{0}\n'
    "min = [{{ from = 2020-01-01, to = 2025-12-31, value = 16 }}, {{ from = 2026-01-01, value = 2{1} }}]\n"
)


def a_code(tmp_path, block: str, row: str = ""):
    (tmp_path / "codes.toml").write_text(CODE.format(block, row))
    return load_codes.__wrapped__(tmp_path).by_code["99999"]


@pytest.mark.parametrize(("day", "unverified"), [(date(2025, 12, 31), False), (date(2026, 1, 1), True)])
def test_a_threshold_with_its_own_citation_uses_it_from_its_first_day(tmp_path, day, unverified):
    code = a_code(tmp_path, f"sources = [{READ}]", ', unverified = true, note = "By analogy."')

    assert code.min_citation(day).unverified is unverified


def test_a_field_of_a_code_that_is_listed_as_unverified_leaves_the_others_verified(tmp_path):
    dates = a_code(tmp_path, f'sources = [{READ}]\nunverified = ["from"]')
    thresholds = a_code(tmp_path, f'sources = [{READ}]\nunverified = ["min"]')

    assert (dates.unverified_fields, dates.min_citation(date(2026, 1, 1)).unverified) == (("from",), False)
    assert (thresholds.citation.unverified, thresholds.min_citation(date(2026, 1, 1)).unverified) == (False, True)


@pytest.mark.parametrize(
    ("block", "row", "message"),
    [
        ("", "", "needs sources"),
        ('unverified = ["from"]', "", "needs sources"),
        (f'sources = [{READ}]\nunverified = ["excludes"]', "", "lists 'excludes', which the block does not have"),
        (f"sources = [{READ}]", ', sources = [{ title = "CPT" }]', "needs an href"),
        ('source = "CPT"\nunverified = true', "", "'source' is not known"),
    ],
)
def test_a_code_with_an_incomplete_citation_is_refused(tmp_path, block, row, message):
    with pytest.raises(PolicyError, match=message) as refusal:
        a_code(tmp_path, block, row)
    assert str(refusal.value).startswith("codes.toml, 99999: ")


def test_a_citation_as_text_has_title_page_and_address_and_says_what_is_not_verified():
    medicare, on = load_preset("medicare_general_supervision"), date(2026, 3, 31)

    assert medicare.dated("device_window", on).citation.text == (
        "Rivkin Radler: CMS clarifies RPM reimbursement, quotes 86 FR 5020, "
        "https://www.rivkinrounds.com/2021/01/cms-clarifies-rpm-reimbursement/."
    )
    assert (
        medicare.dated("prior_auth_required", on).citation.text == "Not verified. No requirement of Medicare was found."
    )
    assert citation_text({}) == ""
