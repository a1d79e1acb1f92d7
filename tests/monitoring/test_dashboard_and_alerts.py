"""The dashboard and the alerts, on what a real Prometheus scraped from a busy service."""

import json
import math
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scraping import ALERTS, Prometheus
from servers import ROOT, Server

DASHBOARD = ROOT / "deploy/grafana/kolvani.json"
NAME = re.compile(r"\b(?:kolvani_\w+|up)\b")
# There only where the cgroup limits memory.
OPTIONAL = {"kolvani_memory_limit_bytes"}
# What Grafana puts in.
VARIABLES = {"$__rate_interval": "1m", "$instance": ".*"}


def dashboard_targets() -> Iterator[tuple[str, str]]:
    """Name and expression of every query."""
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield f"{panel['id']}-{panel['title']}-{target['refId']}", filled(target["expr"])


def filled(expression: str) -> str:
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression
    return expression


def alerts(prometheus: Prometheus) -> list[dict[str, Any]]:
    groups = prometheus.ask("rules")["groups"]
    return [rule for group in groups for rule in group["rules"]]


TARGETS = dict(dashboard_targets())


@pytest.mark.parametrize("name", TARGETS)
def test_every_panel_shows_something(prometheus: Prometheus, name: str) -> None:
    """Each query of the dashboard is valid and has results, which are numbers."""
    expression = TARGETS[name]
    result = prometheus.query(expression)
    if NAME.findall(expression)[0] not in OPTIONAL:
        assert result, expression
    values = [float(series["value"][1]) for series in result]
    assert not values or not all(map(math.isnan, values)), expression


@pytest.mark.parametrize(
    ("panel", "least"),
    [("Errors of the service", 0.001), ("Refused", 0.01), ("Speed", 0.1), ("Good alignments", 0.1)],
)
def test_the_figures_on_top_tell_of_what_happened(
    prometheus: Prometheus, panel: str, least: float
) -> None:
    """There were errors, refusals and good alignments, and the panels have them."""
    expression = next(expr for name, expr in TARGETS.items() if f"-{panel}-" in name)
    (series,) = prometheus.query(expression)
    assert float(series["value"][1]) >= least


def test_the_dashboards_variable_and_restarts_are_queries(prometheus: Prometheus) -> None:
    """The list of replicas has the one that runs; the marks of restarts are no error."""
    dashboard = json.loads(DASHBOARD.read_text())
    variable = dashboard["templating"]["list"][1]["definition"]
    metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable).groups()  # type: ignore[union-attr]  # fails the test
    (series,) = prometheus.query(metric)
    assert series["metric"][label].startswith("127.0.0.1:")
    for annotation in dashboard["annotations"]["list"]:
        assert prometheus.query(filled(annotation["expr"])) == []


def test_every_alert_is_evaluated_without_an_error(prometheus: Prometheus) -> None:
    """Prometheus itself evaluates them, each on metrics that were scraped."""
    rules = alerts(prometheus)
    assert len(rules) == ALERTS.read_text().count("- alert:")
    scraped = set(prometheus.ask("label/__name__/values"))
    for rule in rules:
        assert (rule["health"], rule.get("lastError")) == ("ok", None), rule
        names = set(NAME.findall(rule["query"]))
        assert names
        assert names - OPTIONAL <= scraped, rule["name"]


def test_the_alert_for_the_broken_model_is_about_to_fire(prometheus: Prometheus) -> None:
    """It waits for its five minutes; the alert for a service that is down does not."""
    states = {rule["name"]: rule["state"] for rule in alerts(prometheus)}
    assert states["KolvaniModelBroken"] == "pending"
    assert states["KolvaniDown"] == states["KolvaniNotReady"] == "inactive"


def test_every_metric_of_ours_has_its_prefix(prometheus: Prometheus) -> None:
    """Beside them there is only what Prometheus adds."""
    names = set(prometheus.ask("label/__name__/values"))
    added = {name for name in names if name == "up" or name.startswith(("scrape_", "ALERTS"))}
    assert {name for name in names - added if not name.startswith("kolvani_")} == set()


def test_promtool_accepts_the_metrics(server: Server) -> None:
    """Names, units and help texts are as Prometheus wants them."""
    with server.client() as client:
        metrics = client.get("/metrics").content
    promtool("check", "metrics", given=metrics)


@pytest.mark.parametrize("what", [("check", "alerts.yaml"), ("test", "alerts_test.yaml")])
def test_promtool_accepts_the_rules(watched: object, what: tuple[str, str]) -> None:
    """They are well formed, and each fires when it must and only then."""
    del watched  # Prometheus is installed
    command, file = what
    promtool(command, "rules", str(ALERTS.parent / file))


@pytest.mark.parametrize("path", [ALERTS, DASHBOARD], ids=lambda path: path.name)
def test_every_metric_that_is_asked_for_is_documented(path: Path) -> None:
    """docs/MONITORING.md has them all."""
    documented = (ROOT / "docs/MONITORING.md").read_text()
    for name in set(re.findall(r"\bkolvani_\w+", path.read_text())):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        assert f"`{base}`" in documented, name


def promtool(*arguments: str, given: bytes = b"") -> None:
    done = subprocess.run(
        ["promtool", *arguments],  # noqa: S607  # Debian's
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
