"""What the autoscaler scales on, from the service's metric to its number of pods."""

import math
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from manifests import MANIFESTS, Overlay, tool

RULES = MANIFESTS / "components/queue-scaling/adapter-values.yaml"
POD = 'namespace="default",pod="%s"'


@pytest.fixture(scope="module")
def rule() -> dict[str, Any]:
    """prometheus-adapter's one rule."""
    (only,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["rules"]["custom"]
    found: dict[str, Any] = only
    return found


@pytest.fixture(scope="module")
def scaler() -> dict[str, Any]:
    """The autoscaler that scales on the queue, too."""
    spec: dict[str, Any] = Overlay.build("overlays/hpa-queue").one("HorizontalPodAutoscaler")[
        "spec"
    ]
    return spec


def query(rule: dict[str, Any]) -> str:
    """The rule's query as the adapter fills it in for the pods of a namespace."""
    filled = {
        "<<.Series>>": rule["seriesQuery"].partition("{")[0],
        "<<.LabelMatchers>>": 'namespace="default",pod=~"one|two|three"',
        "<<.GroupBy>>": "pod",
    }
    text: str = rule["metricsQuery"]
    for template, value in filled.items():
        text = text.replace(template, value)
    assert "<<" not in text
    return text


def test_the_rule_gives_the_metric_that_is_scaled_on(
    rule: dict[str, Any], scaler: dict[str, Any]
) -> None:
    """CPU, and the rule's metric by its name."""
    cpu, queue = scaler["metrics"]
    assert cpu["resource"]["name"] == "cpu"
    assert queue["pods"]["metric"]["name"] == rule["name"]["as"]


def test_the_rule_counts_who_waits(rule: dict[str, Any], tmp_path: Path) -> None:
    """Three a second who wait two seconds each are six who wait; an idle pod has none, not nothing;
    a pod that has just begun is counted, too.
    """
    (tmp_path / "rules.yaml").write_text("groups: []\n", encoding="utf-8")
    series = {"one": "0+90x40", "two": "7+0x40", "three": "_x30 0+30x9"}  # every 15 s
    expected = {"one": 6.0, "two": 0.0, "three": 2.0}
    unit = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [
                    {
                        "series": f"kolvani_queue_wait_seconds_sum{{{POD % pod}}}",
                        "values": values,
                    }
                    for pod, values in series.items()
                ],
                "promql_expr_test": [
                    {
                        "expr": f"round({query(rule)}, 0.001)",
                        "eval_time": "10m",
                        "exp_samples": [
                            {"labels": f'{{pod="{pod}"}}', "value": value}
                            for pod, value in expected.items()
                        ],
                    }
                ],
            }
        ],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(unit), encoding="utf-8")
    checked = subprocess.run(
        [tool("promtool"), "test", "rules", str(tmp_path / "test.yaml")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("pods", "waiting", "wanted"),
    [(2, [0.0, 0.0], 2), (2, [3.0, 1.0], 4), (4, [1.0, 1.0, 1.0, 1.0], 4), (10, [0.0] * 10, 2)],
)
def test_pods_follow_who_waits(
    pods: int, waiting: list[float], wanted: int, scaler: dict[str, Any]
) -> None:
    """By the autoscaler's published formula, ceil(pods x metric / target), within its bounds."""
    small = Overlay.build("base").one("HorizontalPodAutoscaler")["spec"]
    target = float(scaler["metrics"][1]["pods"]["target"]["averageValue"])
    asked = math.ceil(pods * (sum(waiting) / pods) / target)
    assert max(small["minReplicas"], min(small["maxReplicas"], asked)) == wanted
