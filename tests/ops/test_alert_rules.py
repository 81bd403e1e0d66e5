"""The alert rules of docs/deploy/prometheus: each names metrics that exist, and promtool tests them where installed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from rpm_portal.ops.metrics.exporter import HELP

FOLDER = Path(settings.BASE_DIR) / "docs" / "deploy" / "prometheus"
OUR_OTHERS = {"portal_requests_total", "portal_request_seconds_bucket"}
# Of Prometheus itself, prometheus-node-exporter and prometheus-blackbox-exporter.
FOREIGN = {"up", "node_filesystem_avail_bytes", "node_filesystem_size_bytes", "probe_ssl_earliest_cert_expiry"}
PROMTOOL = shutil.which("promtool") or shutil.which("promtool", path="/usr/bin:/usr/local/bin:/opt/prometheus")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="no promtool on this machine; install prometheus to test its rules"
)


def rules():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    groups = yaml.safe_load((FOLDER / "portal-rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_each_rule_names_metrics_that_exist():
    names = {name for rule in rules() for name in re.findall(r"\b(?:portal|node|probe)_\w+", rule["expr"])}
    assert names <= set(HELP) | OUR_OTHERS | FOREIGN
    unused = {"portal_audit_events", "portal_work_waiting", "portal_log_receivers"}
    assert set(HELP) - names == unused, "a new metric needs a rule, or is only for graphs"


def test_each_rule_says_how_urgent_it_is_and_what_happened():
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]
        assert rule["annotations"]["summary"].endswith("."), rule["alert"]


def test_each_rule_is_explained_in_the_guide_and_tested_by_promtool():
    guide = (Path(settings.BASE_DIR) / "docs" / "operations.md").read_text()
    tested = (FOLDER / "portal-rules-test.yml").read_text()
    assert [rule["alert"] for rule in rules() if f"`{rule['alert']}`" not in guide] == []
    assert [rule["alert"] for rule in rules() if f'alertname="{rule["alert"]}"' not in tested] == []


@needs_promtool
@pytest.mark.parametrize(
    "words",
    [["check", "rules", "portal-rules.yml"], ["test", "rules", "portal-rules-test.yml"], ["check", "config", "prometheus.yml"]],
    ids=lambda words: " ".join(words[:2]),
)  # fmt: skip
def test_promtool_accepts_the_rules_and_their_limits(words):
    finished = subprocess.run([PROMTOOL, *words], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
