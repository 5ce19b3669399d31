"""One comment on a pull request, written by the first run and rewritten by every later one.

GitHub's REST API, as its documentation describes "Issue comments"
(https://docs.github.com/en/rest/issues/comments): a pull request is an issue with the same number.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from delivery.errors import DeliveryError

API = "https://api.github.com"
VERSION = "2022-11-28"
BOT = "github-actions[bot]"
"""Who comments with the token of a workflow."""
PAGE = 100
"""Comments a page, GitHub's most."""
SECONDS = 30.0
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')

RENAMED = "the repository was renamed or moved: give its new name"
CURES = {
    301: RENAMED,
    307: RENAMED,
    401: "give a token that is valid, in GITHUB_TOKEN",
    403: "give the job `permissions: pull-requests: write`; a run for a fork's pull request has no such right",
    404: "see that the repository and the number of the pull request are right, and that the token may read them",
    422: "see that the comment is not empty and keeps within 65,536 characters",
}
LATER = "run the job again later: https://www.githubstatus.com tells how GitHub is"


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: the token would go along, to whatever address is named."""

    def redirect_request(self, *_: object) -> None:
        """Makes of it the error that it is otherwise."""


OPENER = urllib.request.build_opener(_Stay)


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """A pull request and the right to comment on it."""

    repository: str
    """`owner/name`."""
    number: int
    token: str = field(repr=False)
    author: str = BOT
    """Login that the token writes as: other people's comments are never touched."""
    api: str = API

    def __post_init__(self) -> None:
        """Refuses what cannot be.

        Raises:
            DeliveryError: names the option or the variable.
        """
        if not REPOSITORY.fullmatch(self.repository):
            raise DeliveryError(f"--repository is {self.repository!r}", "give it as OWNER/NAME")
        if self.number < 1:
            raise DeliveryError(f"--pull-request is {self.number}", "give the number of the pull request")
        if not self.token:
            raise DeliveryError("GITHUB_TOKEN is empty", "set it to a token that may write to pull requests")
        if not self.api.startswith(("https://", "http://localhost:", "http://127.0.0.1:")):
            raise DeliveryError(f"GITHUB_API_URL is {self.api!r}", "give an https:// address: a token is sent there")

    def put(self, body: str) -> str:
        """Writes the comment, or rewrites the one that begins with the same line, and returns its address.

        Raises:
            DeliveryError: GitHub refuses, or cannot be reached.
        """
        found = self._find(body.partition("\n")[0])
        if found is None:
            made, _ = self._call("POST", f"{self._repo()}/issues/{self.number}/comments", {"body": body})
        else:
            made, _ = self._call("PATCH", f"{self._repo()}/issues/comments/{found}", {"body": body})
        return str(made["html_url"])

    def _find(self, marker: str) -> int | None:
        """Id of the oldest comment of `author` whose first line is the marker."""
        url = f"{self._repo()}/issues/{self.number}/comments?per_page={PAGE}"
        while url:
            comments, url = self._call("GET", url)
            for comment in comments:
                mine = (comment.get("user") or {}).get("login") == self.author
                if mine and (comment.get("body") or "").splitlines()[:1] == [marker]:
                    return int(comment["id"])
        return None

    def _repo(self) -> str:
        return f"{self.api}/repos/{self.repository}"

    def _call(self, method: str, url: str, content: dict[str, str] | None = None) -> tuple[Any, str]:
        """One request; returns what came back, and the address of the next page or nothing."""
        if not url.startswith(f"{self.api}/"):
            raise DeliveryError(f"GitHub leads to another address: {url}", "see what GITHUB_API_URL is set to")
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            url,
            method=method,
            data=json.dumps(content).encode() if content is not None else None,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": "mlflow-platform-delivery",
                "X-GitHub-Api-Version": VERSION,
            },
        )
        what = f"{method} {url.partition('?')[0].removeprefix(self.api)}"
        try:
            with OPENER.open(request, timeout=SECONDS) as answer:
                following = NEXT.search(answer.headers.get("Link", ""))
                return json.load(answer), following[1] if following else ""
        except urllib.error.HTTPError as error:
            raise DeliveryError(
                f"GitHub answers {error.code} to {what}: {_reason(error)}", CURES.get(error.code, LATER)
            ) from error
        except (OSError, ValueError) as error:
            raise DeliveryError(f"GitHub cannot be reached for {what}: {error}", LATER) from error


def _reason(error: urllib.error.HTTPError) -> str:
    """What GitHub says is wrong."""
    try:
        answer = json.load(error)
        details = [
            str(detail.get("message", detail)) for detail in answer.get("errors", []) if isinstance(detail, dict)
        ]
        return "; ".join([str(answer["message"]), *details])
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return str(error.reason)
