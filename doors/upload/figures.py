"""What CloudWatch counts of runs."""

from __future__ import annotations

import os
import time

from agent.record.records import Records


def count_run(records: Records, run: str, status: str) -> None:
    """Count a run that has ended, and what it spent."""
    spent = records.cost(run)
    put_figure("Runs", 1, status=status)
    for name, value in (
        ("Dollars", spent["dollars"]),
        ("TokensIn", spent["tokens_in"]),
        ("TokensOut", spent["tokens_out"]),
    ):
        put_figure(name, value)


def put_figure(name: str, value: float, **dimensions: str) -> None:
    """One figure for CloudWatch, as a line of its embedded format; nothing where no namespace is set."""
    if not os.environ.get("POWERTOOLS_METRICS_NAMESPACE"):
        return
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    unit = MetricUnit.Seconds if name == "Seconds" else MetricUnit.Count
    service = os.environ.get("POWERTOOLS_SERVICE_NAME", "hookline")
    with single_metric(name=name, unit=unit, value=value, default_dimensions={"service": service}) as made:
        for dimension, told in dimensions.items():
            made.add_dimension(dimension, told)


class Meter:
    """Watches a run: the seconds of each step that ended in this invocation, by its tool's name."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}

    def __call__(self, name: str, share: float, note: str) -> None:
        if "/" in name:
            return
        if share == 0.0:
            self._began.setdefault(name, time.monotonic())
        elif share == 1.0 and name in self._began:
            put_figure("Seconds", time.monotonic() - self._began.pop(name), step=name.partition(".")[2] or name)
