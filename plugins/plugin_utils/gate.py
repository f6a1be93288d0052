# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Odoo may begin to send as a domain, from the results of the calls for all hosts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import ERROR, WARNING
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routes import SenderRoute
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.judge import (
    MailForecast,
    below,
    preflight,
    sentence,
)
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import (
    RouteVerdict,
    ascii_domain,
    setup_of,
)

ENFORCE, WARN, IGNORE = "enforce", "warn", "ignore"
_MOST_SHOWN = 3
_HIDDEN = "********"  # what Ansible puts in the place of a secret

Wish = Mapping[str, Any]
Registered = Mapping[str, Any]


def decide(wishes: Sequence[Wish], seen: Registered | None, routes: Registered | None) -> dict[str, dict[str, Any]]:
    """By host: ``held``, whether Odoo must not be changed for it, why in ``msg``, and ``warnings``."""
    outlooks, reasons = outlook(wishes, seen, routes)
    return {
        wish["host"]: _share(
            wish, outlooks.get(wish["host"]), reasons.get(wish["database"], ""), disagrees(wish, wishes)
        )
        for wish in wishes
        if wish["database"] and wish["gate"] != IGNORE
    }


def places_below(wishes: Sequence[Wish], routes: Registered | None) -> dict[str, dict[str, Any]]:
    """By place, how to ask about the domains below those of its hosts as which mail will leave."""
    places: dict[str, dict[str, Any]] = {}
    for call in (routes or {}).get("results", ()):
        of_database = [wish for wish in wishes if wish["database"] == call.get("item")]
        found = below([setup_of(wish["preflight"]) for wish in of_database], _told(call))
        for wish in of_database:
            for domain in found.get(wish["host"], ()):
                asked = {"run_on": wish["run_on"], "nameservers": wish["nameservers"], "domains": []}
                places.setdefault(wish["place"], asked)["domains"].append({"domain": domain})
    return places


def outlook(
    wishes: Sequence[Wish], seen: Registered | None, routes: Registered | None
) -> tuple[dict[str, MailForecast], dict[str, str]]:
    """What will come of the mail of each host, and by database why nothing is known of its routes."""
    shown = {ascii_domain(name): share for name, share in seen_domains(seen).items()}
    outlooks: dict[str, MailForecast] = {}
    reasons: dict[str, str] = {}
    for call in (routes or {}).get("results", ()):
        database = call.get("item")
        setups = [setup_of(wish["preflight"]) for wish in wishes if wish["database"] == database]
        told = _told(call)
        if any(map(_is_hidden, told)):
            reasons[str(database)] = (
                "The password or API key of the Odoo user is part of a name or address in Odoo, and Ansible hides it "
                "there: choose another one."
            )
        elif "routes" in call:
            outlooks.update(preflight(setups, told, shown))
        else:
            reasons[str(database)] = str(call.get("msg") or "The module gave no reason.").strip()
    return outlooks, reasons


def disagrees(wish: Wish, wishes: Sequence[Wish]) -> str:
    """That the hosts of a database say different things of its odoo.conf, of which one was taken; else empty."""
    said = [one for one in wishes if one["database"] == wish["database"] and one["command_line"]]
    if not wish["command_line"] or not said or wish["command_line"] == said[0]["command_line"]:
        return ""
    return (
        f"custom_domain_odoo_command_line of {wish['host']} is not that of {said[0]['host']}, which has the same "
        "database and was taken. Give it once, for all hosts of the database."
    )


def _told(call: Mapping[str, Any]) -> list[SenderRoute]:
    return [SenderRoute.from_dict(route) for route in call.get("routes", ())]


def _is_hidden(sent: SenderRoute) -> bool:
    """Whether something by which routes are compared is not what it was."""
    texts = [sent.route.from_header, sent.route.envelope_sender]
    texts += [named.name for named in (sent.company, sent.route.server) if named is not None]
    return any(_HIDDEN in text for text in texts)


def seen_domains(seen: Registered | None) -> dict[str, Mapping[str, Any]]:
    """What ``domain_info`` said of each domain, over all its calls."""
    return {
        name: share for call in (seen or {}).get("results", ()) for name, share in (call.get("domains") or {}).items()
    }


def _share(wish: Wish, found: MailForecast | None, reason: str, ignored: str) -> dict[str, Any]:
    domain = wish["domain"]
    told = [f"{domain}: {ignored}"] if ignored else []
    if found is None:
        unknown = (
            [f"How mail of {domain} will leave Odoo is not known, so nothing was judged. {reason}"] if reason else []
        )
        return {"held": False, "msg": "", "warnings": told + unknown}
    blocking = found.blocking
    held = bool(blocking) and wish["gate"] == ENFORCE
    rest = [one for one in found.verdicts if one.severity in (ERROR, WARNING) and not (held and one.blocks)]
    msg = (
        f"Odoo is not changed for {domain}, as its mail would fail then. {_joined(blocking)} "
        "(custom_domain_gate: warn changes it all the same.)"
        if held
        else ""
    )
    more = [f"{domain}: {len(rest) - _MOST_SHOWN} more, which the playbook verify shows."]
    warnings = [f"{domain}: {sentence(one)}" for one in rest[:_MOST_SHOWN]]
    return {"held": held, "msg": msg, "warnings": told + warnings + (more if len(rest) > _MOST_SHOWN else [])}


def _joined(verdicts: Sequence[RouteVerdict]) -> str:
    told = " ".join(sentence(verdict) for verdict in verdicts[:_MOST_SHOWN])
    left = len(verdicts) - _MOST_SHOWN
    return f"{told} And {left} more." if left > 0 else told
