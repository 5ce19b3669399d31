"""What the pipeline decides without a server: which rows are held out, who passes the gate, and what it is told."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from training_pipeline import command_line, data
from training_pipeline.judgement import METRICS, Gate, judge, measure

GATE = Gate(metric="roc_auc", threshold=0.9, margin=0.01)


def test_every_row_is_in_one_part() -> None:
    parts = data.load()
    rows = pd.concat([parts.training.features, parts.held_out.features])
    assert rows.shape == (569, 30)
    assert sorted(rows.index) == list(range(569))


def test_the_rows_held_out_are_the_same_each_time_and_hold_both_kinds() -> None:
    first, second = data.load().held_out, data.load().held_out
    assert first.dataset().digest == second.dataset().digest
    assert len(first.features) == 155
    assert 0.5 < first.target.mean() < 0.7


def test_the_part_of_a_row_depends_on_its_content_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(data.load().held_out.features["mean area"])
    loaded = load_breast_cancer(as_frame=True)
    loaded.frame = loaded.frame.iloc[::-2].reset_index(drop=True)
    monkeypatch.setattr(data, "load_breast_cancer", lambda **_: loaded)
    assert set(data.load().held_out.features["mean area"]) < before


def test_a_dataset_tells_where_it_comes_from_and_what_is_to_be_predicted() -> None:
    described = data.load().training.dataset().to_dict()
    assert described["name"] == "breast-cancer-wisconsin-training"
    assert "sklearn.datasets.load_breast_cancer" in described["source"]
    assert '"benign"' in described["schema"]


def test_more_is_better_in_every_metric() -> None:
    held_out = data.load().held_out
    right = pd.DataFrame({False: ~held_out.target, True: held_out.target}).to_numpy(dtype=float)
    best, worst = measure(held_out.target, right), measure(held_out.target, 1 - right)
    assert best == dict.fromkeys(METRICS, 1.0)
    assert all(worst[name] < best[name] for name in METRICS)


@pytest.mark.parametrize(
    ("candidate", "champion", "outcome", "reason"),
    [
        (0.95, None, "promoted", "roc_auc is 0.9500, and there is no champion"),
        (0.89, None, "held", "roc_auc is 0.8900, below the threshold of 0.9"),
        (0.95, 0.93, "promoted", "more than the champion's 0.9300 and the margin of 0.01"),
        (0.95, 0.945, "held", "not more than the champion's 0.9450 and the margin of 0.01"),
        (0.95, 0.95, "held", "not more than the champion's 0.9500 and the margin of 0.01"),
        (0.89, 0.5, "held", "below the threshold of 0.9"),
    ],
)
def test_a_candidate_passes_by_threshold_and_margin(
    candidate: float, champion: float | None, outcome: str, reason: str
) -> None:
    verdict = judge(GATE, candidate, champion)
    assert verdict.outcome == outcome
    assert reason in verdict.reason


def test_as_good_as_the_champion_is_not_better_without_a_margin_either() -> None:
    verdict = judge(Gate(metric="f1", threshold=0.0, margin=0.0), 0.95, 0.95)
    assert not verdict.promoted
    assert verdict.reason == "f1 is 0.9500, not more than the champion's 0.9500"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "the following arguments are required: STEP"),
        ("train --components 0", "argument --components: '0': give a whole number from 1 to 30"),
        ("train --components 31", "argument --components: '31': give a whole number from 1 to 30"),
        ("train --components two", "argument --components: 'two': give a whole number from 1 to 30"),
        ("train --regularization 0", "argument --regularization: '0': give a number greater than 0"),
        ("train --regularization inf", "argument --regularization: 'inf': give a number greater than 0"),
        ("train --regularization much", "argument --regularization: 'much' is no number: give one like 0.95"),
        ("train --experiment=", "argument --experiment: '' is no value"),
        ("register", "the following arguments are required: --run-id"),
        ("register --run-id ${run_id}", "argument --run-id: '${run_id}' is no value: does the task that it comes from"),
        ("promote --model-version 1 --metric loss", "argument --metric: invalid choice: 'loss' (choose from"),
        ("promote --model-version 1 --threshold 95", "argument --threshold: '95': give a number from 0 to 1"),
        ("promote --model-version 1 --margin -0.1", "argument --margin: '-0.1': give a number from 0 to 1"),
        ("promote --model-version 1 --margin nan", "argument --margin: 'nan': give a number from 0 to 1"),
        ("promote --model-version newest", "argument --model-version: 'newest' is no version: give its number"),
        ("promote --model-version ${model_version}", "argument --model-version: '${model_version}' is no value"),
        ("serve-once --model-name=", "argument --model-name: '' is no value"),
    ],
)
def test_a_wrong_argument_is_told_with_the_cure(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(words.split())
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("step", ["train", "register", "promote", "serve-once"])
def test_the_help_of_a_step_tells_what_it_prints_and_its_exit_codes(
    step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main([step, "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert "; prints " in printed
    assert "Exit codes: 0 done; 1 failed" in printed


def test_without_a_server_it_says_how_to_name_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert command_line.main(["serve-once"]) == 1
    assert "MLFLOW_TRACKING_URI is not set" in capsys.readouterr().err


def test_a_server_that_does_not_answer_is_told_with_the_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    assert command_line.main(["register", "--run-id=x"]) == 1
    said = capsys.readouterr().err
    assert "register: http://127.0.0.1:1 does not answer" in said
    assert "check MLFLOW_TRACKING_URI" in said
