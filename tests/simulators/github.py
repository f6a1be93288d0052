# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comments and issues of one repository at GitHub, following its REST API (docs.github.com/rest/issues).

A token is ``job:`` and the job's permissions as JSON: a run has only the permissions that its workflow asks for.
"""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .json_api import Answer, JsonApi, Refusal, Request

REPOSITORY = "company-name/email"
BOT = "github-actions[bot]"
MOST = 65536  # characters in a body
_PAGE = 30  # items per page by default
_NEEDED = {"create comment": {"body"}, "update comment": {"body"}, "create issue": {"title"}}
_ROUTES = {
    ("GET", r"issues/(\d+)/comments"): "list comments",
    ("POST", r"issues/(\d+)/comments"): "create comment",
    ("PATCH", r"issues/comments/(\d+)"): "update comment",
    ("GET", r"issues"): "list issues",
    ("POST", r"issues"): "create issue",
    ("PATCH", r"issues/(\d+)"): "update issue",
}


@dataclass
class Thread:
    """An issue or a pull request."""

    number: int
    title: str = ""
    body: str = ""
    state: str = "open"
    author: str = BOT
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)


def token(permissions: dict[str, str]) -> str:
    return f"job:{json.dumps(permissions)}"


class GitHub(JsonApi):
    """``threads``: issues and pull requests by number; ``pull_requests``: the numbers of those that are one."""

    def __init__(self, certificate: tuple[Path, Path], pull_requests: tuple[int, ...] = ()) -> None:
        super().__init__(certificate)
        self.pull_requests = pull_requests
        self.threads = {number: Thread(number, author="somebody") for number in pull_requests}
        self._ids = itertools.count(9000)

    def comment(self, number: int, author: str, body: str) -> None:
        """Add a comment by this author."""
        made = next(self._ids)
        self.threads[number].comments[made] = {"id": made, "user": {"login": author}, "body": body}

    def operation_of(self, request: Request) -> str:
        return self._route(request)[0]

    def _route(self, request: Request) -> tuple[str, int]:
        for (method, pattern), operation in _ROUTES.items():
            found = re.fullmatch(rf"/api/v3/repos/{REPOSITORY}/{pattern}", request.path)
            if found and request.method == method:
                return operation, int(found.group(1)) if found.groups() else 0
        raise self.error(404)

    def error(self, status: int) -> Refusal:
        return Refusal(status, {"message": f"Refused with {status}", "documentation_url": ""})

    def answer(self, operation: str, request: Request) -> Answer:
        number = self._route(request)[1]
        given = request.json() if request.method != "GET" else {}
        missing = _NEEDED.get(operation, set()) - set(given)
        if missing or set(given) - {"body", "title", "state"} or len(given.get("body", "")) > MOST:
            raise self.error(422)
        self._refuse_without(request, "read" if request.method == "GET" else "write", operation, number)
        if operation in ("list comments", "create comment", "update issue") and number not in self.threads:
            raise self.error(404)
        if operation == "list comments":
            return self._page(request, list(self.threads[number].comments.values()))
        if operation == "create comment":
            self.comment(number, BOT, given["body"])
            return Answer(201, self.threads[number].comments[max(self.threads[number].comments)])
        if operation == "update comment":
            made = self._thread_of(number).comments[number]
            made["body"] = given["body"]
            return Answer(200, made)
        if operation == "list issues":
            state = request.query.get("state", "open")
            return self._page(
                request, [self._shown(one) for one in self.threads.values() if state in ("all", one.state)]
            )
        if operation == "create issue":
            number = max(self.threads, default=0) + 1
            self.threads[number] = Thread(number, given["title"], given.get("body", ""))
            return Answer(201, self._shown(self.threads[number]))
        if given.get("state", "open") not in ("open", "closed"):
            raise self.error(422)
        for name, value in given.items():
            setattr(self.threads[number], name, value)
        return Answer(200, self._shown(self.threads[number]))

    def _thread_of(self, comment: int) -> Thread:
        found = next((one for one in self.threads.values() if comment in one.comments), None)
        if found is None:
            raise self.error(404)
        return found

    def _refuse_without(self, request: Request, right: str, operation: str, number: int) -> None:
        text = request.headers.get("Authorization", "").removeprefix("token ").removeprefix("Bearer ")
        if not text.startswith("job:"):
            raise self.error(401)
        permissions = json.loads(text.removeprefix("job:"))
        thread = self._thread_of(number).number if operation == "update comment" else number
        of = ["issues", "pull-requests"] if thread in self.pull_requests else ["issues"]
        if not any(permissions.get(one) in {"read": ("read", "write"), "write": ("write",)}[right] for one in of):
            raise self.error(403)

    def _shown(self, one: Thread) -> dict[str, Any]:
        shown = {"number": one.number, "title": one.title, "body": one.body, "state": one.state}
        return {**shown, "user": {"login": one.author}}

    def _page(self, request: Request, rows: list[dict[str, Any]]) -> Answer:
        size, page = int(request.query.get("per_page", _PAGE)), int(request.query.get("page", 1))
        shown = rows[(page - 1) * size : page * size]
        more = page * size < len(rows)
        address = f"{self.endpoint}{request.path}?per_page={size}&page={page + 1}"
        return Answer(200, shown, {"Link": f'<{address}>; rel="next"'} if more else {})
