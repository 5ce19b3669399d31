"""DolphinScheduler's REST API for environments.

Its paths have the same names in 2.0 to 3.3; what differs is whether `data` of an answer holds the new code, so it is
not used. Errors come as status 200 with a `code` other than 0.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from requests import Response

SECONDS = 30.0
PAGE = 100
NAME_EXISTS = 120002
NO_PERMISSION = (30001, 1400001)
"""`Status.USER_NO_OPERATION_PERM` and `Status.NO_CURRENT_OPERATING_PERMISSION`."""
URL_CURE = (
    "check --url: it is the API's address with its prefix, like http://dolphinscheduler-api:12345/dolphinscheduler"
)
TOKEN_CURE = "make a token in Security > Token Manage, and put it into the file of --token-file"  # noqa: S105
ADMIN_CURE = "use the token of an administrator"


class DolphinSchedulerError(Exception):
    """What DolphinScheduler did not do, why, and the cure."""

    def __init__(self, reason: str, cure: str = "", code: int = 0) -> None:
        super().__init__(f"{reason}; {cure}" if cure else reason)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Environment:
    """An environment as it is kept; `code` is empty for one that is not there yet."""

    name: str
    config: str
    description: str = ""
    worker_groups: tuple[str, ...] = ()
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class EnvironmentApi:
    """The API at one address, with one user's token."""

    url: str
    token: str = field(repr=False)

    def find(self, name: str) -> Environment | None:
        """The environment of that name, where there is one.

        Raises:
            DolphinSchedulerError: the API cannot be reached, or refuses.
        """
        number = 1
        while True:
            page = self._ask("GET", "list-paging", {"searchVal": name, "pageNo": number, "pageSize": PAGE})
            if not isinstance(page, dict) or not isinstance(page.get("totalList"), list):
                raise DolphinSchedulerError(f"{self.url} answers with something else than environments", URL_CURE)
            for each in page["totalList"]:
                if each["name"] == name:
                    return _environment(each)
            if number >= int(page.get("totalPage") or 1):
                return None
            number += 1

    def create(self, environment: Environment) -> None:
        """Creates one; the error's code is `NAME_EXISTS` where another has been faster."""
        self._ask("POST", "create", _form(environment))

    def update(self, environment: Environment) -> None:
        """Changes one. DolphinScheduler takes away the worker groups that are not named again."""
        self._ask("POST", "update", {"code": environment.code, **_form(environment)})

    def _ask(self, method: str, action: str, values: Mapping[str, object]) -> Any:
        import requests  # noqa: PLC0415 - importing it takes a while

        given = {"params": values} if method == "GET" else {"data": values}
        try:
            answer = requests.request(
                method,
                f"{self.url.rstrip('/')}/environment/{action}",
                headers={"token": self.token},
                timeout=SECONDS,
                allow_redirects=False,  # the token would go along
                **given,  # type: ignore[arg-type] # either of two mappings
            )
        except requests.RequestException as error:
            raise DolphinSchedulerError(f"{self.url} does not answer ({error})", URL_CURE) from error
        return _data(answer, self.url)


def _data(answer: Response, url: str) -> Any:
    if answer.status_code == 401:  # noqa: PLR2004 - HTTP's own number
        raise DolphinSchedulerError(f"{url} does not know the token: it is wrong or expired", TOKEN_CURE)
    if answer.status_code >= 300:  # noqa: PLR2004
        raise DolphinSchedulerError(
            f"{answer.url.partition('?')[0]} answers with status {answer.status_code}", URL_CURE
        )
    try:
        result = answer.json()
        code = int(result["code"])
    except (ValueError, KeyError, TypeError):
        raise DolphinSchedulerError(f"{url} answers, but not as DolphinScheduler's API does", URL_CURE) from None
    if code != 0:
        cure = ADMIN_CURE if code in NO_PERMISSION else ""
        raise DolphinSchedulerError(f"DolphinScheduler refuses ({code}): {result.get('msg', '')}", cure, code)
    return result.get("data")


def _form(environment: Environment) -> dict[str, str]:
    return {
        "name": environment.name,
        "config": environment.config,
        "description": environment.description,
        "workerGroups": json.dumps(list(environment.worker_groups)),
    }


def _environment(found: Mapping[str, Any]) -> Environment:
    groups: Sequence[str] = found.get("workerGroups") or ()
    return Environment(
        name=found["name"],
        config=found.get("config") or "",
        description=found.get("description") or "",
        worker_groups=tuple(sorted(groups)),
        code=str(found["code"]),
    )
