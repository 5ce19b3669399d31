"""One comment a pull request, rewritten and never doubled; refusals with their cure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from delivery.errors import DeliveryError
from delivery.github import PullRequest
from tests.unit.delivery.github_double import TOKEN, Double, running

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = "<!-- marker -->"
FIRST, SECOND = f"{MARKER}\nfirst", f"{MARKER}\nsecond"


@pytest.fixture
def double() -> Iterator[Double]:
    with running() as made:
        yield made


def place(double: Double, **changed: Any) -> PullRequest:
    return PullRequest(**{"repository": "owner/name", "number": 7, "token": TOKEN, "api": double.url, **changed})


def refusal(double: Double, body: str = FIRST, **changed: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as refused:
        place(double, **changed).put(body)
    return refused.value


def test_the_first_run_writes_a_comment_and_tells_where(double: Double) -> None:
    assert place(double).put(FIRST) == "https://github.com/owner/name/pull/7#issuecomment-1000"
    assert double.bodies() == [FIRST]


def test_a_later_run_rewrites_it(double: Double) -> None:
    place(double).put(FIRST)
    place(double).put(SECOND)
    assert double.bodies() == [SECOND]


def test_it_is_found_behind_hundreds_of_other_comments(double: Double) -> None:
    for number in range(205):
        double.add(f"comment {number}", "person")
    double.add(FIRST)
    place(double).put(SECOND)
    assert double.bodies() == [SECOND]
    assert len(double.comments) == 206


@pytest.mark.parametrize(
    ("body", "author"),
    [(FIRST, "person"), (FIRST, None), (f"quoting:\n{FIRST}", "github-actions[bot]"), (None, "github-actions[bot]")],
)
def test_other_comments_are_left_alone(double: Double, body: str | None, author: str | None) -> None:
    double.add(body, author)
    place(double).put(SECOND)
    assert [comment["body"] for comment in double.comments] == [body, SECOND]


def test_a_person_s_token_rewrites_that_person_s_comment(double: Double) -> None:
    double.add(FIRST, "person")
    place(double, author="person").put(SECOND)
    assert double.bodies("person") == [SECOND]


def test_a_job_without_the_right_is_told_which(double: Double) -> None:
    double.may_write = False
    refused = refusal(double)
    assert "403 to POST /repos/owner/name/issues/7/comments: Resource not accessible by integration" in refused.problem
    assert "pull-requests: write" in refused.cure
    assert "fork" in refused.cure


@pytest.mark.parametrize(
    ("changed", "problem", "cure"),
    [
        (
            {"token": "wrong"},
            "GitHub answers 401 to GET /repos/owner/name/issues/7/comments: Bad credentials",
            "GITHUB_TOKEN",
        ),
        ({"number": 8}, "GitHub answers 404", "number of the pull request"),
        ({"repository": "owner"}, "--repository is 'owner'", "OWNER/NAME"),
        ({"repository": "owner/name/../x"}, "--repository is", "OWNER/NAME"),
        ({"number": 0}, "--pull-request is 0", "number"),
        ({"token": ""}, "GITHUB_TOKEN is empty", "pull requests"),
        ({"api": "http://example.com"}, "GITHUB_API_URL is 'http://example.com'", "https://"),
        ({"api": "http://127.0.0.1:9"}, "GitHub cannot be reached for GET", "later"),
    ],
)
def test_what_cannot_work_is_told_with_its_cure(
    double: Double, changed: dict[str, Any], problem: str, cure: str
) -> None:
    refused = refusal(double, **changed)
    assert problem in refused.problem
    assert cure in refused.cure
    assert double.comments == []


def test_a_comment_that_github_refuses_is_told_by_its_words(double: Double) -> None:
    refused = refusal(double, "x" * 65_537)
    assert "Validation Failed; Body is too long (maximum is 65536 characters)" in refused.problem


def test_an_outage_of_github_is_told_as_one(double: Double) -> None:
    double.broken = b"<html>Unicorn!</html>"
    refused = refusal(double)
    assert "502" in refused.problem
    assert "githubstatus.com" in refused.cure


def test_a_redirection_is_not_followed_with_the_token(double: Double) -> None:
    with running() as elsewhere:
        double.renamed_to = elsewhere.url
        refused = refusal(double)
        assert elsewhere.calls == []
    assert "301" in refused.problem
    assert "give its new name" in refused.cure


def test_the_token_is_sent_to_no_other_address(double: Double) -> None:
    for number in range(101):
        double.add(f"comment {number}", "person")
    target, double.url = place(double), "https://elsewhere.example"
    with pytest.raises(DeliveryError, match=r"leads to another address: https://elsewhere\.example"):
        target.put(FIRST)


def test_the_token_is_not_in_what_is_printed_of_a_pull_request(double: Double) -> None:
    assert TOKEN not in repr(place(double))
