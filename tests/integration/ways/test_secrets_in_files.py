# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each option that is secret has a token, and none of them gets into a plan, a report, the statistics or the output."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.providers.options import OPTIONS
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.options import ACCOUNTS
from ansible_collections.postmaster.mail.plugins.plugin_utils.validation import REPORT_FORMATS, role_options
from ansible_collections.postmaster.mail.tests.support.rollouts import World

NOBODY = "http://127.0.0.1:9"
# what else an account needs, so that it is used
BESIDE: Mapping[str, Mapping[str, Any]] = {
    "rfc2136": {"server": "127.0.0.1", "port": 9, "key_name": "postmaster"},
    "powerdns": {"server_id": "localhost"},
    "route53": {"access_key": "AKIAIOSFODNN7EXAMPLE"},
    "ovh": {"region": "ovh-eu"},
    "google_cloud_dns": {"project": "project-1"},
    "azure_dns": {"subscription_id": "subscription", "tenant_id": "tenant", "client_id": "client"},
    "namecheap": {"api_user": "user", "client_ip": "192.0.2.10"},
    "amazon_ses": {"region": "eu-west-1", "access_key": "AKIAIOSFODNN7EXAMPLE"},
    "mailgun": {"region": "eu"},
    "scaleway": {"region": "fr-par", "project_id": "6170692e-7363-616c-6577-61792e636f6d"},
}
ALPHA = "alpha.example"
# what it sends by and receives with
OF_SERVERS = {
    "custom_domain_senders": {"name": "relay", "host": "smtp.alpha.example", "username": "odoo"},
    "custom_domain_incoming_servers": {
        "name": "inbox",
        "type": "imap",
        "host": "imap.alpha.example",
        "username": "u",
    },
}


def secrets(options: Mapping[str, Any], place: str) -> dict[str, str]:
    """A token for each option that is secret."""
    found = {}
    for name, option in options.items():
        if option.get("no_log"):
            token = f"SECRET{len(place)}{place}{name}".replace("_", "").ljust(40, "x")
            found[name] = json.dumps({"client_email": "a@b.example", "private_key": token}) if "json" in name else token
    return found


def tokens(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for one in value.values():
            yield from tokens(one)
    elif isinstance(value, list):
        for one in value:
            yield from tokens(one)
    elif isinstance(value, str) and "SECRET" in value:
        yield value[value.index("SECRET") :].partition('"')[0]


def planted(world: World) -> list[str]:
    """A host for each provider and service, and one with servers of all kinds."""
    options = role_options()
    server = {name: {**given, "password": f"SECRETof{name.replace('_', '')}"} for name, given in OF_SERVERS.items()}
    assert [name for name in options["custom_domain_incoming_servers"]["options"] if name == "password"]
    mailbox = {"to": "a@b.example", "host": "127.0.0.1", "port": 9, "username": "u", "password": "SECRETofthemailbox"}
    world.host(ALPHA, senders=[server["custom_domain_senders"]], incoming="none", test_mailbox=mailbox)
    world.host("inbox.example", incoming="server", incoming_servers=[server["custom_domain_incoming_servers"]])
    odoo = {**world.odoo.options, "url": NOBODY, "password": "SECRETofodoo"}
    apps = {f"{app}_client_{part}": f"SECRETof{app}{part}" for app in ("gmail", "outlook") for part in ("id", "secret")}
    apps = {name: value if "secret" in name else "client" for name, value in apps.items()}
    by_certificate = {"name": "relay", "host": "smtp.beta.example", "client_private_key": "SECRETofthekey"}
    world.host("odoo.example", odoo=odoo, mail_settings=apps, senders=[by_certificate])
    for provider, known in OPTIONS.items():
        account = {"provider": provider, **secrets(known.options, provider), **BESIDE.get(provider, {})}
        if len(account) > 1 and any(option.get("no_log") for option in known.options.values()):
            account.update({} if provider == "rfc2136" else {"endpoint": NOBODY, "timeout": 2})
            if provider == "godaddy":
                del account["access_token"]  # one login or the other
            world.host(f"{provider.replace('_', '-')}.example", zone="", dns=account)
    for service, known_service in ACCOUNTS.items():
        more = {"endpoint": NOBODY, "timeout": 2, **BESIDE.get(service, {})}
        account = {"service": service, **secrets(known_service.options, service), **more}
        world.common.setdefault("custom_domain_accounts", {})[service] = account
        sender = {"account": service, "username": "u", "password": f"SECRETofthesender{service}"}
        world.host(f"by-{service.replace('_', '-')}.example", senders=[sender])
    return list(dict.fromkeys(tokens([world.hosts, world.common])))


def test_no_token_of_any_kind_is_in_a_file_or_in_the_output(world: World) -> None:
    known = planted(world)
    assert len(known) >= 25
    world.common["custom_domain_set_stats"] = True
    listed = [{"path": f"KIND.{one}", "format": one} for one in REPORT_FORMATS]
    printed = ""
    for kind, arguments in (("plan", ("-e", "custom_domain_plan=made.json")), ("verify", ())):
        extra = json.dumps({"custom_domain_reports": listed}).replace("KIND", kind)
        done = world.play(f"postmaster.mail.{kind}", "-v", "-e", extra, *arguments, ANSIBLE_SHOW_CUSTOM_STATS="1")
        printed += done.output
        assert set(json.loads((world.folder / f"{kind}.json").read_text())["hosts"]) == set(world.hosts), done.output
    assert "custom_domain_results" in printed.partition("CUSTOM STATS")[2]
    held = json.loads((world.folder / "made.json").read_text())["hosts"]
    assert set(held) == set(world.hosts) and held[ALPHA]["odoo"]["changes"]
    files = [path for path in world.folder.rglob("*") if path.is_file() and path.name != "companies.yml"]
    assert len(files) > 2 * len(REPORT_FORMATS)
    texts = {path.name: path.read_text("utf-8", "replace") for path in files} | {"what was printed": printed}
    leaks = [(name, token) for name, text in texts.items() for token in known if token in text]
    assert leaks == []
