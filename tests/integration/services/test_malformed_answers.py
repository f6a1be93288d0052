# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of another shape than their API documents: each is one sentence, and none makes a domain verified."""

from __future__ import annotations

import contextlib
import copy
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import (
    PENDING,
    Desired,
    FoundDomains,
    ServiceClient,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.registry import client_class
from ansible_collections.postmaster.mail.tests.integration.services.test_call_table import FIXTURES
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.services.postmark import PostmarkSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import ServiceApi

DOMAIN = "company.test"
MANY = [DOMAIN, *(f"{number}.company.test" for number in range(4))]  # so many that an account is listed
GONE = object()
OTHERS: tuple[Any, ...] = (GONE, None, "word", 7, True, [], {}, [1], {"x": 1}, -0.5, [None], "")
Place = tuple[Any, ...]


def places(body: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Where something stands in an answer, itself first."""
    yield place, body
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in items:
        yield from places(value, (*place, name))


def altered(body: Any, place: Place, value: Any) -> Any:
    """The answer with another value at a place, or without it."""
    if not place:
        return None if value is GONE else value
    whole = copy.deepcopy(body)
    inner = whole
    for name in place[:-1]:
        inner = inner[name]
    if value is GONE:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return whole


def calls_of(client: ServiceClient) -> dict[str, Callable[[], Any]]:
    """Everything that a client is asked for."""
    numbers = itertools.count()
    registration = client.find([DOMAIN])[DOMAIN]

    def register() -> None:
        name = f"new{next(numbers)}.test"
        client.register(Desired(name, name, accept_terms=True), None)

    calls: dict[str, Callable[[], Any]] = {
        "find": lambda: client.find([DOMAIN]),
        "find many": lambda: client_class(client.service)(client.settings).find(MANY),
        "register": register,
        "verify": lambda: client.verify(registration),
        "limits": client.limits,
    }
    if client.service == "postmark":
        calls["smtp_login"] = client.smtp_login  # type: ignore[attr-defined]
    if client.service == "mailgun":
        calls["logins"] = lambda: client.logins(DOMAIN)  # type: ignore[attr-defined]
    return calls


@pytest.fixture(params=FIXTURES)
def client(request: pytest.FixtureRequest, nameserver: Nameserver) -> ServiceClient:
    """With one domain that is pending."""
    service = request.param
    nameserver.set_zone(DOMAIN)
    options = {**request.getfixturevalue(FIXTURES[service]), "rate_limit": 100_000.0}
    known = client_class(service)(options)
    known.register(Desired(DOMAIN, DOMAIN, return_path=f"bounce.{DOMAIN}", accept_terms=True), None)
    return known


@pytest.fixture
def api(request: pytest.FixtureRequest, client: ServiceClient) -> ServiceApi:
    found = request.getfixturevalue("ses" if client.service == "amazon_ses" else client.service)
    if isinstance(found, PostmarkSimulator):
        found.add_server("Odoo")
    assert isinstance(found, ServiceApi)
    return found


def test_each_member_may_be_of_any_type_or_missing(api: ServiceApi, client: ServiceClient) -> None:
    tried, refused, kinds = 0, 0, itertools.cycle(OTHERS)
    for name, call in calls_of(client).items():
        answers: dict[str, Any] = {}
        api.alter = lambda operation, body, answers=answers: answers.setdefault(operation, body)  # type: ignore[misc]
        with contextlib.suppress(PostmasterError):
            call()
        for operation, body in answers.items():
            for place, value in places(body):
                # all kinds at the top, and two of them at each member
                for other in OTHERS if not place else (next(kinds), next(kinds)):
                    if type(other) is type(value) and other:
                        continue  # as documented
                    changed = altered(body, place, other)
                    api.alter = lambda one, usual, changed=changed, operation=operation: (  # type: ignore[misc]
                        changed if one == operation else usual
                    )
                    tried += 1
                    why = f"{name}: {operation} with {other!r} at {place}"
                    try:
                        result = call()
                    except PostmasterError as error:
                        refused += 1
                        assert str(error) and "\n" not in str(error), why
                        continue
                    except Exception as error:
                        pytest.fail(f"{why}: {error!r}")
                    if isinstance(result, FoundDomains):
                        assert {one.verification for one in result.values()} <= {PENDING}, why
                        refused += len(result.refused)
    assert tried > 40 and refused > 20


@pytest.mark.parametrize("status", [400, 403, 404, 429])
def test_a_refusal_may_say_anything(api: ServiceApi, client: ServiceClient, status: int) -> None:
    for name, call in calls_of(client).items():
        asked: list[str] = []
        api.alter = lambda operation, body, asked=asked: (asked.append(operation), body)[1]  # type: ignore[misc]
        with contextlib.suppress(PostmasterError):
            call()
        for body in OTHERS if asked else ():
            said = None if body is GONE else body
            api.alter = lambda operation, usual, said=said: said  # type: ignore[misc]
            # a refusal for too many calls is waited for, and asked again
            api.fail(asked[0], *[status] * (4 if status == 429 else 1))
            try:
                result = call()
            except PostmasterError as error:
                assert str(error) and "\n" not in str(error)
            except Exception as error:
                pytest.fail(f"{name}: {asked[0]} refused with {status} and {body!r}: {error!r}")
            else:
                assert not result or status == 404 or isinstance(result, FoundDomains), f"{name}: {status} {body!r}"
            finally:
                api._faults.clear()
