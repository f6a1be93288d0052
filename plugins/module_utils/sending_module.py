# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common body of the modules of sending services."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from . import interrupts
from .errors import InvalidInput, PostmasterError
from .libraries import require_dnspython
from .module import Module
from .names import custom_domain, to_text
from .no_log import warn
from .printable import printable, printed
from .services.clients.contract import Desired, FoundDomains, Registration, ServiceClient
from .services.clients.dns_view import DnsView
from .services.clients.logins import WantedLogin, set_login
from .services.clients.options import account_options
from .services.clients.outcome import PRESENT, STATES, SendingOutcome, SendingRequest
from .services.clients.registry import ServiceAccounts, with_client, with_logins
from .services.clients.run import SendingRun
from .services.describe import described
from .services.registry import SERVICES

DOMAIN_OPTIONS: dict[str, Any] = {
    "domain": {"type": "str", "required": True},
    "sending_domain": {"type": "str"},
    "return_path": {"type": "raw"},
    "tracking": {"type": "bool"},
    "receiving": {"type": "bool"},
    "key_length": {"type": "int", "choices": [1024, 2048], "no_log": False},
    "configuration_set": {"type": "str"},
    "feedback": {"type": "bool"},
    "dkim_selector": {"type": "str"},
    "state": {"type": "str", "choices": list(STATES), "default": PRESENT},
    "wait": {"type": "int", "default": 0},
    "take_over_registration": {"type": "bool", "default": False},
    "delete_unmarked": {"type": "bool", "default": False},
    "accept_terms": {"type": "bool", "default": False},
}
_SHARED: dict[str, Any] = {"nameservers": {"type": "list", "elements": "str"}}


def sending_domain_module() -> AnsibleModule:
    return _ready({
        "service": {"type": "str", "required": True},
        "account": {**account_options(), "required": True},
        **DOMAIN_OPTIONS,
        **_SHARED,
    })  # fmt: skip


def sending_domains_module() -> AnsibleModule:
    """The AnsibleModule for many domains; each uses its own account or the common one."""
    account = {"service": {"type": "str"}, "account": account_options()}
    domains = {"type": "list", "elements": "dict", "required": True, "options": {**account, **DOMAIN_OPTIONS}}
    return _ready({**account, "domains": domains, **_SHARED})


def run_sending_domain(module: AnsibleModule) -> None:
    """Run a module for one domain. Ends the module."""
    accounts = ServiceAccounts()
    try:
        request = sending_request(module.params, module.params["service"], module.params["account"])
        run = SendingRun(accounts, DnsView(module.params["nameservers"]), module.check_mode)
        (outcome,) = run.carry_out([request])
    except PostmasterError as error:
        module.fail_json(msg=printable(str(error)))
    finally:
        accounts.close()
    warn(module, dict.fromkeys([*outcome.notes, *outcome.findings]))
    result = printed({**_described(outcome), "api_calls": accounts.calls, "diff": {"prepared": _diff([outcome])}})
    del result["failed"]
    message = result.pop("msg")
    if outcome.error is not None:
        module.fail_json(msg=message, **result)
    module.exit_json(**result)


def run_sending_domains(module: AnsibleModule) -> None:
    """Run a module for many domains. Ends the module."""
    accounts = ServiceAccounts()
    refused: dict[int, str] = {}
    requests: dict[int, SendingRequest] = {}
    try:
        for number, item in enumerate(module.params["domains"]):
            try:
                service = item.get("service") or module.params["service"]
                account = item.get("account") or module.params["account"]
                if not service or account is None:
                    raise InvalidInput(
                        f"{item['domain']}: give service and account, for the domain or for all domains."
                    )
                requests[number] = sending_request(item, service, account)
            except PostmasterError as error:
                refused[number] = str(error)
        run = SendingRun(accounts, DnsView(module.params["nameservers"]), module.check_mode)
        outcomes = dict(zip(requests, run.carry_out(list(requests.values()))))
    except PostmasterError as error:
        module.fail_json(msg=printable(str(error)))
    finally:
        accounts.close()
    results = []
    for number, item in enumerate(module.params["domains"]):
        if number in refused:
            results.append({"domain": item["domain"], "changed": False, "failed": True, "msg": refused[number]})
            continue
        one = outcomes[number]
        described = {**_described(one), "warnings": list(dict.fromkeys([*one.notes, *one.findings]))}
        results.append({"domain": item["domain"], "service": one.request.service, **described})
    module.exit_json(
        **printed(
            {
                "changed": any(one["changed"] for one in results),
                "domains": results,
                "failed_domains": [one["domain"] for one in results if one["failed"]],
                "records": [item for one in results if not one["failed"] for item in one["records"]],
                "api_calls": accounts.calls,
                "expected_seconds": max((one.get("expected_seconds", 0) for one in results), default=0),
                "diff": {"prepared": _diff(list(outcomes.values()))},
            }
        )
    )


CREDENTIAL_OPTIONS: dict[str, Any] = {
    "service": {"type": "str", "required": True},
    "account": {**account_options(), "required": True},
    "domain": {"type": "str", "required": True},
    "login": {"type": "str", "required": True},
    "password": {"type": "str", "no_log": True},
    "update_password": {"type": "str", "choices": ["on_create", "always"], "default": "on_create", "no_log": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def sending_credential_module() -> AnsibleModule:
    needs = [("state", "present", ["password"])]
    return _ready(CREDENTIAL_OPTIONS, required_if=needs)


def run_sending_credential(module: AnsibleModule) -> None:
    """Run a module for one login. Ends the module."""
    accounts = ServiceAccounts()
    options = module.params
    try:
        with_logins(options["service"])
        wanted = WantedLogin(
            domain=to_text(custom_domain(options["domain"])),
            login=options["login"],
            password=options["password"] or "",
            update=options["update_password"] == "always",
            absent=options["state"] == "absent",
        )
        done = set_login(accounts.client(options["service"], options["account"]), wanted, module.check_mode)
    except PostmasterError as error:
        module.fail_json(msg=printable(str(error)))
    finally:
        accounts.close()
    warn(module, done.notes)
    result = {"changed": bool(done.change), "username": done.username, "api_calls": accounts.calls}
    prepared = f"{done.change}\n" if done.change else ""
    module.exit_json(**printed({**result, "diff": {"prepared": prepared}}))


def sending_service_info_module() -> AnsibleModule:
    """The AnsibleModule that shows the catalogue and, with an account, its domains."""
    options = {
        "services": {"type": "list", "elements": "str"},
        "service": {"type": "str"},
        "account": account_options(),
        "domains": {"type": "list", "elements": "str"},
    }
    module = Module(options, required_by={"account": ("service",)})
    if module.params["account"] is not None:
        require_dnspython(module)
    return module


def run_sending_service_info(module: AnsibleModule) -> None:
    """Run the module that shows services. Ends the module."""
    options, accounts = module.params, ServiceAccounts()
    chosen = options["services"] or ([options["service"]] if options["service"] else None)
    client: ServiceClient | None = None
    result: dict[str, Any] = {"changed": False, "domains": {}, "limits": {}, "api_calls": 0}
    try:
        result["services"] = described(chosen)
        if options["account"] is not None:
            with_client(options["service"])
            client = accounts.client(options["service"], options["account"])
            stated = options["domains"]
            names = client.names() if stated is None else [to_text(custom_domain(name)) for name in stated]
            found = client.find(names) if names else FoundDomains()
            limits = client.limits()
            result["domains"] = {name: _as_found(one) for name, one in found.items()}
            result["domains"].update((name, _as_refused(client.explain(why))) for name, why in found.refused.items())
            result["limits"] = {**dataclasses.asdict(limits), "notes": list(limits.notes)}
            result["api_calls"] = accounts.calls
    except PostmasterError as error:
        module.fail_json(msg=printable(client.explain(error) if client is not None else str(error)))
    finally:
        accounts.close()
    module.exit_json(**printed(result))


def _as_found(one: Registration) -> dict[str, Any]:
    return {
        "verification": one.verification,
        "states": one.words,
        "in_use": dict(one.in_use),
        "findings": [*one.notes, *one.findings],
    }


def _as_refused(why: str) -> dict[str, Any]:
    return {"verification": "unknown", "states": {}, "in_use": {}, "findings": [why]}


def sending_request(options: Mapping[str, Any], service: str, account: Mapping[str, Any]) -> SendingRequest:
    """The request made by the options of a domain. Raises InvalidInput."""
    with_client(service)
    domain = to_text(custom_domain(options["domain"]))
    sending = _below(options.get("sending_domain"), domain) or domain
    return SendingRequest(
        service=service,
        account=account,
        desired=Desired(
            domain=domain,
            sending_domain=sending,
            return_path=_return_path(options.get("return_path"), sending),
            tracking=options.get("tracking"),
            receiving=options.get("receiving"),
            key_length=options.get("key_length"),
            configuration_set=options.get("configuration_set"),
            feedback=options.get("feedback"),
            dkim_selector=options.get("dkim_selector"),
            accept_terms=bool(options.get("accept_terms")),
        ),
        state=options["state"],
        wait=float(options["wait"]),
        take_over=options["take_over_registration"],
        delete_unmarked=options["delete_unmarked"],
    )


def _return_path(value: Any, sending: str) -> str | bool | None:
    if value is None:
        return None
    if value is False or str(value).lower() in ("false", "no"):
        return False
    if not isinstance(value, str):
        raise InvalidInput(f"return_path: {value} is neither a domain nor false.")
    return _below(value, sending)


def _below(value: str | None, domain: str) -> str | None:
    """A name, given in full or as the part before the domain."""
    if not value:
        return None
    text = value.strip().rstrip(".").lower()
    whole = text if "." in text else f"{text}.{domain}"  # a name with a dot is complete; a foreign one is refused later
    return to_text(custom_domain(whole))


def _described(outcome: SendingOutcome) -> dict[str, Any]:
    return outcome.as_dict(SERVICES.get(outcome.request.service))


def _diff(outcomes: list[SendingOutcome]) -> str:
    """The changes at the services, one line for each domain."""
    lines = []
    for one in outcomes:
        if one.changed and one.plan is not None:
            sign = "-" if one.removes else "+"
            options = ", ".join(f"{name} {value}" for name, value in one.options_set.items())
            where = f"{SERVICES[one.request.service].title}{f' in {one.region}' if one.region else ''}"
            lines.append(f"{sign} {one.desired.name} at {where}{f' ({options})' if options else ''}\n")
    return "".join(lines)


def _ready(options: Mapping[str, Any], **rules: Any) -> AnsibleModule:
    """Check for libraries, watch for interrupts, and hide passwords that Ansible would show."""
    module = Module(options, **rules)
    require_dnspython(module)
    interrupts.watch_output()
    for one in (module.params, *(module.params.get("domains") or ())):
        account = one.get("account") or {}
        if account.get("endpoint"):
            # a user and password in a URL are refused later, but would be shown at -vvvv
            account["endpoint"] = re.sub(r"//[^/?#]*@", "//***@", account["endpoint"])
    return module
