# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The body that all DNS modules share: options in, one run of the engine, one result out."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput, PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.intents.restore import Restored
from ansible_collections.postmaster.mail.plugins.module_utils.libraries import require_dnspython
from ansible_collections.postmaster.mail.plugins.module_utils.names import domain_name, record_name, to_text
from ansible_collections.postmaster.mail.plugins.module_utils.providers.manual import paste
from ansible_collections.postmaster.mail.plugins.module_utils.providers.registry import Accounts, dns_options
from ansible_collections.postmaster.mail.plugins.module_utils.zone import backup
from ansible_collections.postmaster.mail.plugins.module_utils.zone.engine import DomainResult, Request, run
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Ask, Intent
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import RecordSet
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Change
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import to_display

try:
    import dns.name
    import dns.rdatatype
except ImportError:
    pass  # libraries.require_dnspython() tells the user

# Seconds in which all questions about the SPF includes of a zone must be answered; what is not, stays unknown.
_ASK_SECONDS = 5.0


def dns_module(options: Mapping[str, Any], **rules: Any) -> AnsibleModule:
    """The AnsibleModule of a DNS module: its own options, and those that all of them have."""
    shared = {
        "dns": {**dns_options(), "required": True},
        "zone": {"type": "str"},
        "nameservers": {"type": "list", "elements": "str"},
    }
    module = AnsibleModule(argument_spec={**shared, **options}, supports_check_mode=True, **rules)
    require_dnspython(module)
    return module


def run_record_module(
    module: AnsibleModule, name_option: str, intents: Callable[[str, Mapping[str, Any]], Sequence[Intent]]
) -> None:
    """Carry out a module for one record: what the options want, at the name in ``name_option``. Ends the module."""
    accounts = Accounts(module.params["nameservers"])
    try:
        domain = record_name(module.params[name_option])
        request = Request(
            domain,
            accounts.provider(module.params["dns"]),
            tuple(intents(module.params[name_option], module.params)),
            _zone(module.params),
        )
        result = run([request], check_mode=module.check_mode, asking=asker(module.params["nameservers"]))[domain]
    except PostmasterError as error:
        module.fail_json(msg=str(error))
    finally:
        accounts.close()
    for warning in unique(result.notes.warnings):
        module.warn(warning)
    outcome = {**describe(result), "diff": {"prepared": result.diff + "\n" if result.diff else ""}}
    if result.error is not None:
        module.fail_json(msg=result.error, **outcome)  # a part may be written
    module.exit_json(**outcome)


def dns_batch_module(domain_options: Mapping[str, Any]) -> AnsibleModule:
    """The AnsibleModule for many domains: each has the given options, and may have an account and zone of its own."""
    own = {**domain_options, "dns": dns_options(), "zone": {"type": "str"}}
    module = AnsibleModule(
        argument_spec={
            "dns": dns_options(),
            "domains": {"type": "list", "elements": "dict", "required": True, "options": own},
            "parallel": {"type": "int", "default": 16},
            "nameservers": {"type": "list", "elements": "str"},
        },
        supports_check_mode=True,
    )
    require_dnspython(module)
    return module


def run_batch_module(module: AnsibleModule, intents: Callable[[Mapping[str, Any]], Sequence[Intent]]) -> None:
    """Carry out a module for many domains. A domain that cannot be done is part of the result. Ends the module."""
    accounts = Accounts(module.params["nameservers"])
    asking = asker(module.params["nameservers"])
    requests: dict[str, Request] = {}
    results: dict[str, DomainResult] = {}
    try:
        repeated = _repeated(module.params["domains"])
        for item in module.params["domains"]:
            try:
                if item["domain"] in repeated:
                    raise InvalidInput(
                        f"{item['domain']} is listed twice in domains, and nothing was done for it: "
                        "list it once, with all that it needs."
                    )
                requests[item["domain"]] = _request(item, module.params["dns"], accounts, intents)
            except PostmasterError as error:
                results[item["domain"]] = DomainResult(error=str(error))
        done = run(
            list(requests.values()), check_mode=module.check_mode, parallel=module.params["parallel"], asking=asking
        )
        results.update({domain: done[request.domain] for domain, request in requests.items()})
    except PostmasterError as error:
        module.fail_json(msg=str(error))
    finally:
        accounts.close()
    in_order = {item["domain"]: results[item["domain"]] for item in module.params["domains"]}
    diff = "\n\n".join(result.diff for result in in_order.values() if result.changed)
    module.exit_json(
        changed=any(result.changed for result in in_order.values()),
        domains={domain: _domain(result) for domain, result in in_order.items()},
        failed_domains=[domain for domain, result in in_order.items() if result.error is not None],
        api_calls=accounts.calls,
        diff={"prepared": diff + "\n" if diff else ""},
    )


def run_restore(module: AnsibleModule) -> None:
    """Put back what the backup in O(path) says. Ends the module."""

    def intents(dummy: str, options: Mapping[str, Any]) -> list[Intent]:
        return [Restored(change, options["force"]) for change in saved.changes]

    try:
        saved = backup.load(module.params["path"])
    except PostmasterError as error:
        module.fail_json(msg=str(error))
    module.params["domain"] = module.params["zone"] = to_text(saved.zone)
    run_record_module(module, "domain", intents)


def _request(
    item: Mapping[str, Any],
    common: Mapping[str, Any] | None,
    accounts: Accounts,
    intents: Callable[[Mapping[str, Any]], Sequence[Intent]],
) -> Request:
    account = item.get("dns") or common
    if account is None:
        raise InvalidInput(f"{item['domain']}: no DNS provider is given, neither as dns of the domain nor for all.")
    wishes = tuple(intents(item))
    return Request(domain_name(item["domain"]), accounts.provider(account), wishes, _zone(item))


def _repeated(items: Sequence[Mapping[str, Any]]) -> set[str]:
    """The domains that stand there more than once, in each of their spellings."""
    spellings: dict[str, list[str]] = {}
    for item in items:
        spellings.setdefault(item["domain"].strip().rstrip(".").lower(), []).append(item["domain"])
    return {spelling for same in spellings.values() if len(same) > 1 for spelling in same}


def _domain(result: DomainResult) -> dict[str, Any]:
    described = describe(result)
    del described["changes"]  # the diff says it, and thousands of domains would say it twice
    described.update(failed=result.error is not None, msg=result.error or "", warnings=unique(result.notes.warnings))
    if result.changed:
        described["diff"] = result.diff
    return described


def describe(result: DomainResult) -> dict[str, Any]:
    """What a module returns about one domain, but for its diff, warnings and failure."""
    described: dict[str, Any] = {
        "changed": result.changed,
        "left_alone": unique(result.notes.left_alone),
        "zones": result.zones,
        "changes": [_change(change) for change in result.changes],
    }
    if result.backups:
        described["backup_files"] = result.backups
    if result.pending:
        described["manual"] = {
            "zone_file": paste.paste_zone_file(result.pending),
            "records": paste.paste_table(result.pending),
        }
    return described


def asker(nameservers: Sequence[str] | None) -> Callable[[], Ask]:
    """Gives whoever answers questions about names outside of a zone; all share the answers, each has its own time."""
    lock = threading.Lock()
    shared: list[Any] = []

    def resolver() -> Any:
        from ansible_collections.postmaster.mail.plugins.module_utils.resolver.resolver import (
            Resolver,  # it takes a while to import, and most runs ask nothing
        )

        with lock:
            if not shared:
                shared.append(Resolver(nameservers))
        return shared[0].within(_ASK_SECONDS)

    def asking() -> Ask:
        own: list[Any] = []

        def ask(name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Any:
            if not own:
                own.append(resolver())
            return own[0].ask(name, rdtype)

        return ask

    return asking


def unique(sentences: Sequence[str]) -> list[str]:
    """Each sentence once, in order."""
    return list(dict.fromkeys(sentences))


def _zone(options: Mapping[str, Any]) -> dns.name.Name | None:
    return record_name(options["zone"]) if options.get("zone") else None


def _change(change: Change) -> dict[str, Any]:
    return {
        "name": to_text(change.record_set.name),
        "type": dns.rdatatype.to_text(change.record_set.rdtype),
        "before": _record_set(change.before),
        "after": _record_set(change.after),
    }


def _record_set(record_set: RecordSet | None) -> dict[str, Any] | None:
    if record_set is None:
        return None
    return {"ttl": record_set.ttl, "values": [to_display(value) for value in record_set.values]}
