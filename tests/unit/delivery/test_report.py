"""The comment on a pull request: what it says first, what it folds, what it never shows, and how it keeps short."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.digest import Digest, parse
from delivery.report import DRIFT, MARKER, PREVIEW, Origin, render
from tests.unit.delivery.samples import (
    DATABASE,
    DEPLOYMENT,
    digest,
    renamed_database,
    replicas,
    state,
    step,
)

RUN = "https://github.com/o/r/actions/runs/1"
ORIGIN = Origin(commit="0123456789abcdef0123456789abcdef01234567", run_url=RUN)


def made(*steps: dict[str, Any], stack: str = "prod", summary: dict[str, int] | None = None, **more: Any) -> Digest:
    counts = summary if summary is not None else {"same": 40}
    return parse(digest(*steps, summary=counts, **more), stack=stack, source=stack)


def comment(*digests: Digest) -> str:
    return render(digests, PREVIEW, ORIGIN)


def test_the_comment_begins_with_the_marker_and_names_stacks_commit_and_run() -> None:
    lines = comment(made(stack="dev"), made()).splitlines()
    assert lines[0] == MARKER
    assert lines[1] == "## Preview of `dev` and `prod`"
    assert f"commit `0123456789ab`, [run]({RUN})" in lines


def test_one_table_counts_what_happens_to_each_stack() -> None:
    text = comment(
        made(replicas(), stack="dev", summary={"update": 1, "same": 40}),
        made(renamed_database(protect=False), summary={"replace": 1, "create": 2, "import": 1, "same": 7}),
    )
    assert "| stack | create | update | replace | delete | same | import | |" in text
    assert "| `dev` | 0 | 1 | 0 | 0 | 40 | 0 |  |" in text
    assert "| `prod` | 2 | 0 | **1** | 0 | 7 | 1 | ⚠️ look closely |" in text


def test_each_stack_has_its_heading_and_one_without_changes_says_so() -> None:
    text = comment(made(replicas(), stack="dev"), made())
    assert text.index("### dev") < text.index("spec.replicas") < text.index("### prod") < text.index("Nothing to do.")


def test_what_is_replaced_or_deleted_comes_before_the_folded_rest_and_what_is_protected_before_what_is_not() -> None:
    gone = step("delete", state(DEPLOYMENT, "gone", {}), None)
    text = comment(made(replicas(), gone, renamed_database(protect=True)))
    database = (
        f"> - **replace** `{DATABASE}` `backend-database`, because of `name`, protected: `pulumi up` refuses this\n"
    )
    deleted = f"> - **delete** `{DEPLOYMENT}` `gone`"
    places = [text.index(part) for part in ("> [!CAUTION]", database, deleted, "<details>", "spec.replicas")]
    assert places == sorted(places)


def test_unprotected_data_that_is_lost_is_said_to_be() -> None:
    assert "`backend-database`, because of `name`, **its data is lost**\n" in comment(
        made(renamed_database(protect=False))
    )


def test_a_protection_that_is_lifted_is_called_out() -> None:
    lifted = step(
        "same", state(DATABASE, "backend-database", {}, protect=True), state(DATABASE, "backend-database", {})
    )
    text = comment(made(lifted))
    assert f"> - `{DATABASE}` `backend-database`" in text
    assert "No longer protected" in text


def test_the_folded_diff_has_a_line_for_each_resource_and_property() -> None:
    added = {"spec.paused": {"kind": "add", "inputDiff": True}, "spec.replicas": {"kind": "delete", "inputDiff": True}}
    changed = step(
        "update",
        state(DEPLOYMENT, "other", {"spec": {"replicas": 2}}),
        state(DEPLOYMENT, "other", {"spec": {"paused": True}}),
        detailedDiff=added,
    )
    text = comment(
        made(step("create", None, state(DEPLOYMENT, "new", {})), replicas(), changed, renamed_database(protect=False))
    )
    folded = text[text.index("<details>") : text.index("</details>")]
    assert folded.splitlines() == [
        "<details><summary>What changes: 4 resources</summary>",
        "",
        "```diff",
        f"+ create {DEPLOYMENT} new",
        f"! update {DEPLOYMENT} mlflow-deployment",
        "!     spec.replicas: 2 → 3",
        f"! update {DEPLOYMENT} other",
        "+     spec.paused: true",
        "-     spec.replicas: 2",
        f"! replace {DATABASE} backend-database",
        '!     name: "mlflow" → "tracking" (forces the replacement)',
        "```",
        "",
    ]


def test_errors_show_unfolded_with_their_resource_and_warnings_after_them() -> None:
    said = [
        {"message": "warning: old key", "severity": "warning"},
        {"urn": "urn:pulumi:prod::p::a:b:C::made", "message": "error: refused\nbecause of it", "severity": "error"},
        {"message": "Traceback (most recent call last)", "severity": "info#err"},
    ]
    text = comment(made(diagnostics=said))
    assert "❌ failed" in text
    assert "Errors:\n\n```text\nmade: error: refused\nbecause of it\n```" in text
    assert text.index("refused") < text.index("warning: old key") < text.index("Traceback")
    assert "<details>" not in text


def test_what_a_program_that_succeeds_writes_to_standard_error_is_left_out() -> None:
    assert "chatter" not in comment(made(diagnostics=[{"message": "chatter", "severity": "info#err"}]))


def test_a_preview_that_ended_early_counts_nothing() -> None:
    text = comment(parse(digest(), stack="prod", source="prod"))
    assert "| `prod` | ? | ? | ? | ? | ? | ❌ failed |" in text
    assert "**The preview ended early**" in text
    assert "Nothing to do." not in text


def test_a_value_can_neither_close_the_fence_nor_the_fold() -> None:
    evil = "```\n</details>\n@everyone"
    changed = step(
        "update",
        state(DEPLOYMENT, "d", {"spec": "old"}),
        state(DEPLOYMENT, "d", {"spec": evil}),
        detailedDiff={"spec": {"kind": "update", "inputDiff": True}},
    )
    lines = comment(made(changed)).splitlines()
    assert "````diff" in lines
    assert lines.count("</details>") == 1
    assert not any(line.startswith("@everyone") for line in lines)


def test_a_name_cannot_leave_its_code_span() -> None:
    gone = step("delete", state("a:b:C", "x` @everyone | `y", {}), None)
    assert "`x' @everyone ¦ 'y`" in comment(made(gone))


@pytest.fixture
def huge() -> list[Digest]:
    """Both stacks with far more changes, deletions and errors than a comment holds."""
    changes = [replicas(name=f"{'long-' * 20}{number}") for number in range(1500)]
    deletions = [step("delete", state(DEPLOYMENT, f"gone-{number}", {}), None) for number in range(900)]
    said = [{"message": f"error: {'e' * 5000}", "severity": "error"} for _ in range(50)]
    database = renamed_database(protect=True)
    return [made(*changes, *deletions, database, stack=stack, diagnostics=said) for stack in ("dev", "prod")]


def test_a_comment_keeps_within_github_s_limit_and_tells_where_the_rest_is(huge: list[Digest]) -> None:
    text = comment(*huge)
    assert len(text) <= 65_536
    assert text.endswith(f"\n**Shortened** to 65,536 characters; the whole is in the [summary of the run]({RUN}).\n")


def test_what_just_fits_is_not_shortened() -> None:
    whole = comment(made(replicas()))
    assert render([made(replicas())], PREVIEW, ORIGIN, len(whole)) == whole


def test_what_is_shortened_keeps_its_form_and_its_gravest_lines(huge: list[Digest]) -> None:
    text = comment(*huge)
    assert text.count("<details>") == text.count("</details>") == 2
    assert text.count("```") == 8
    assert text.count("**replace** `postgresql:index/database:Database` `backend-database`") == 2
    assert text.count("… and ") >= 2


def test_the_summary_of_a_run_holds_what_the_comment_has_no_room_for() -> None:
    one = made(*[replicas(name=f"deployment-{number}") for number in range(2000)])
    assert "deployment-1999" not in comment(one)
    assert "deployment-1999" in render([one], PREVIEW, ORIGIN, 250_000)


def test_without_a_run_the_rest_is_on_the_laptop(huge: list[Digest]) -> None:
    assert render(huge, PREVIEW, Origin()).endswith("the whole is what `make preview` prints.\n")


def test_drift_says_what_is_gone_and_what_differs() -> None:
    gone = step("delete", state(DATABASE, "backend-database", {}, protect=True), None)
    text = render([made(gone, replicas(2, 5))], DRIFT, ORIGIN)
    assert MARKER not in text
    assert "## Drift of `prod`" in text
    assert (
        f"> - **delete** `{DATABASE}` `backend-database`, protected against Pulumi, yet gone, **its data is gone**"
        in text
    )
    assert "spec.replicas: 2 → 5" in text


def test_a_stack_without_drift_is_as_it_was_deployed() -> None:
    assert "No drift: everything is as it was deployed." in render([made()], DRIFT, ORIGIN)
