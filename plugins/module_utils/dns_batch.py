# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of the engine for many domains, and its results as data; independent of Ansible."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from .errors import InvalidInput, PostmasterError
from .names import domain_name, record_name
from .providers.registry import Accounts
from .resolver.asking import asker
from .zone.approval import unapproved
from .zone.engine import DomainResult, Request, run
from .zone.intent import Intent

MakeIntents = Callable[[Mapping[str, Any]], Sequence[Intent]]


@dataclasses.dataclass(frozen=True)
class PublishOptions:
    """What to publish. ``domains``: each as in ``domain_records``, possibly with an account of its own."""

    domains: Sequence[Mapping[str, Any]]
    dns: Mapping[str, Any] | None = None
    nameservers: Sequence[str] = ()
    parallel: int = 16
    check_mode: bool = False
    list_changes: bool = False


@dataclasses.dataclass(frozen=True)
class PublishedDomains:
    """The result of each domain, by the given name, and the cost of the run."""

    results: Mapping[str, DomainResult]
    api_calls: int
    list_changes: bool = False

    def as_dict(self, with_diff: bool = True) -> dict[str, Any]:
        """What ``domain_records`` returns; ``with_diff``: include the diff that Ansible shows."""
        answer: dict[str, Any] = {
            "changed": any(result.changed for result in self.results.values()),
            "domains": {domain: describe_domain(result, self.list_changes) for domain, result in self.results.items()},
            "failed_domains": [domain for domain, result in self.results.items() if result.error is not None],
            "api_calls": self.api_calls,
        }
        if with_diff:
            diff = "\n\n".join(result.diff for result in self.results.values() if result.changed)
            answer["diff"] = {"prepared": diff + "\n" if diff else ""}
        return answer


def publish(options: PublishOptions, intents: MakeIntents) -> PublishedDomains:
    """Carry out the intents of many domains. A domain that fails is part of the result.

    Needs dnspython. Raises PostmasterError for failures that concern all domains.
    """
    accounts = Accounts(list(options.nameservers))
    requests: dict[str, Request] = {}
    results: dict[str, DomainResult] = {}
    try:
        repeated = _repeated(options.domains)
        for item in options.domains:
            try:
                if item["domain"] in repeated:
                    raise InvalidInput(
                        f"{item['domain']} is listed twice in domains, so nothing was done for it: list it once, with "
                        "everything that it needs."
                    )
                requests[item["domain"]] = _request(item, options.dns, accounts, intents)
            except PostmasterError as error:
                results[item["domain"]] = DomainResult(error=str(error))
        done = run(
            list(requests.values()),
            check_mode=options.check_mode,
            parallel=options.parallel,
            asking=asker(options.nameservers),
        )
        results.update({domain: done[request.domain] for domain, request in requests.items()})
    finally:
        accounts.close()
    return PublishedDomains(
        {item["domain"]: results[item["domain"]] for item in options.domains}, accounts.calls, options.list_changes
    )


def describe_domain(result: DomainResult, list_changes: bool = False) -> dict[str, Any]:
    described = result.as_dict()
    if list_changes:
        described["name_servers"] = list(result.name_servers)
        described["changes"] += [change.as_data() for plan in result.pending for change in plan.changes]
    else:
        del described["changes"]  # already in the diff; too long to repeat for thousands of domains
    warnings = list(dict.fromkeys(result.notes.warnings))
    described.update(failed=result.error is not None, msg=result.error or "", warnings=warnings)
    if result.changed:
        described["diff"] = result.diff
    return described


def _request(
    item: Mapping[str, Any],
    common: Mapping[str, Any] | None,
    accounts: Accounts,
    intents: MakeIntents,
) -> Request:
    account = item.get("dns") or common
    if account is None:
        raise InvalidInput(
            f"{item['domain']}: no DNS provider is given, neither in the domain's dns nor for all domains."
        )
    wanted = tuple(intents(item))
    zone = record_name(item["zone"]) if item.get("zone") else None
    approved = item.get("approved_changes")
    refuse = functools.partial(unapproved, approved=approved) if approved is not None else None
    again = bool(item.get("publish_again"))
    return Request(domain_name(item["domain"]), accounts.provider(account), wanted, zone, refuse, again)


def _repeated(items: Sequence[Mapping[str, Any]]) -> set[str]:
    """The domains that occur more than once, in any spelling."""
    spellings: dict[str, list[str]] = {}
    for item in items:
        spellings.setdefault(item["domain"].strip().rstrip(".").lower(), []).append(item["domain"])
    return {spelling for same in spellings.values() if len(same) > 1 for spelling in same}
