"""What the meter of `make bench` counts is what was asked and billed."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.constants import MAX_METRICS

from bench.counting import Meter, size
from bench.world import without_metrics
from chalicelib import db, telemetry
from chalicelib.runs.audience import FollowerItem
from chalicelib.runs.table import RunItem
from tests.api_client import Api


@pytest.mark.parametrize(
    ("row", "bytes_"),
    [
        ({"ab": {"S": "é"}}, 4),
        ({"n": {"N": "12345"}}, 5),
        ({"b": {"B": b"123"}, "t": {"BOOL": True}}, 6),
        ({"m": {"M": {"k": {"S": "v"}}}}, 7),
        ({"l": {"L": [{"S": "ab"}]}}, 7),
        ({"s": {"NS": ["12", "3"]}}, 4),
    ],
)
def test_sizes(row: dict[str, Any], bytes_: int) -> None:
    assert size(row) == bytes_


def test_writes_and_reads(api: Api) -> None:
    meter = Meter()
    with meter.installed() as counts:
        FollowerItem(1, "1", batch_no=1).save()  # not counted: it does not run yet
        with meter.running():
            FollowerItem(1, "2", batch_no=1).save()
            with db.transaction() as write:
                write.save(FollowerItem(1, "3", batch_no=1))
            with FollowerItem.batch_write() as writer:
                for number in range(4, 9):
                    writer.save(FollowerItem(1, str(number), batch_no=1))
            found = FollowerItem.find_all((1, str(number)) for number in range(2, 12))
    assert len(list(found)) == 7
    assert counts.calls == {
        "PutItem": 1,
        "TransactWriteItems": 1,
        "BatchWriteItem": 1,
        "BatchGetItem": 1,
    }
    assert counts.write_units == 1 + 2 + 5
    assert counts.read_units == 10  # a row that is not there costs what a small one does


def test_indexes_count(api: Api) -> None:
    api.create_stream(runNow=True)
    run = next(iter(RunItem.scan()))
    meter = Meter()
    with meter.installed() as counts, meter.running():
        run.update(actions=[RunItem.passed.set(3)])
    units = counts.units.total(), counts.index_units.total()
    assert units[0] >= 1
    assert units[1] == 1


def test_metrics_stay_out_of_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with without_metrics():
        for _ in range(2 * MAX_METRICS):  # with so many values Powertools writes by itself
            telemetry.count("Tried", 1)
    telemetry._metrics.clear_metrics()
    assert capsys.readouterr().out == ""
