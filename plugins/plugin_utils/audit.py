# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the public can see of the mail setup of domains: no inventory, account or login."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import DomainChecker
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.delegation import BLIND
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import ERROR, INFO
from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.names import domain_name, to_text
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.nameservers import parse_nameservers
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.stub_resolver import Resolver

from . import report
from .accepted import read_accepted
from .checks import misspelt
from .first_entry import first_entry
from .incoming import below_registry
from .mta_sts import policies
from .report import HostReport
from .reports.asked import AskedReports
from .reports.content import AUDIT
from .reports.sources import Place, in_repository
from .sender import Refused
from .validation import FAULTS, role_options

AT_ONCE = 200  # domains between two progress reports
MOST_TOLD = 5  # reasons shown for domains that could not be checked
MOST_SHOWN = 20  # domains printed in full; the report files contain all
# The role variables that an audit uses
VARIABLES = (
    "custom_domain_nameservers",
    "custom_domain_severity",
    "custom_domain_accepted",
    "custom_domain_reports",
    "custom_domain_baseline",
)
Share = Mapping[str, Any]


@dataclass
class Audit:
    """``shown``: the domains that could be checked. ``reports``: the findings, or why a domain could not be checked.

    ``written``: each domain as it was given.
    """

    shown: dict[str, Share] = field(default_factory=dict)
    reports: dict[str, HostReport] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)


def read_domains(given: Any) -> dict[str, Place | None]:
    """The domains to audit, as written: a list, names separated by commas, or a file with one per line.

    The values are their places in the file. Raises Refused.
    """
    places: dict[str, Place] = {}
    if isinstance(given, str):
        path = Path(os.path.expanduser(given.strip()))
        if "/" in given and "://" not in given and not os.path.isfile(path):
            raise Refused(
                f"custom_domain_audit: there is no file {given}, and a domain has no slash in it. Write only the name "
                "of the domain, such as company-name.com."
            )
        if "://" not in given and os.path.isfile(path):
            for number, line in enumerate(_lines(path), 1):
                places.setdefault(line.strip(), (in_repository(str(path)), number))
            given = list(places)
        else:
            given = given.split(",")
    if not isinstance(given, Sequence):
        raise Refused("custom_domain_audit must be a domain, a list of domains, or a file with one on each line.")
    found = [str(one).strip() for one in given]
    found = [one for one in dict.fromkeys(found) if one]
    if not found:
        raise Refused(
            "Say which domain to audit, with -e custom_domain_audit=company-name.com; it can also be a list, or a file "
            "with one domain on each line."
        )
    return {one: places.get(one) for one in found}


def _lines(path: Path) -> Iterator[str]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise Refused(f"The file {path} of custom_domain_audit cannot be read as text: {error}.") from None
    for line in text.splitlines():
        yield line.partition("#")[0]


def checker_of(nameservers: Sequence[str]) -> DomainChecker:
    """A checker that queries these servers, or the authoritative ones. Raises InvalidInput."""
    given = parse_nameservers(nameservers)
    return DomainChecker(Resolver(given), given, probe=True)


def audit(texts: Iterable[str], checker: DomainChecker, say: Callable[[str], None]) -> Audit:
    """Check all domains. Invalid names are not queried, and no domain affects another."""
    done = Audit()
    names: dict[str, str] = {}
    for text in texts:
        try:
            names.setdefault(to_text(domain_name(text)), text)
        except InvalidInput as error:
            done.written[text] = text
            done.reports[text] = refused = HostReport(text, text)
            refused.fail(str(error))
    done.written.update(names)
    domains = list(names)
    for begin in range(0, len(domains), AT_ONCE):
        part = domains[begin : begin + AT_ONCE]
        so_far = f" ({begin} of {len(domains)} are done)" if begin else ""
        say(f"Checking {part[0] if len(domains) == 1 else f'{len(domains)} domains'}{so_far}.")
        for domain, shown in checker.check({"domain": domain} for domain in part).items():
            done.reports[domain] = _report(domain, shown)
            if not done.reports[domain].failures:
                done.shown[domain] = shown
    return done


def _report(domain: str, info: Share) -> HostReport:
    host_report = HostReport(domain, domain)
    host_report.see(info)
    host_report.findings = report.of_dns(domain, info["findings"])
    reason = _why_not(domain, info)
    if reason:
        host_report.findings = [one for one in host_report.findings if one["code"] in BLIND]
        host_report.fail(reason)
    return host_report


def _why_not(domain: str, info: Share) -> str:
    """Why nothing can be said of a domain; empty if something can."""
    blind = next((one for one in info["findings"] if one["code"] in BLIND), None)
    if blind is not None:
        return str(blind["found"])
    if info["exists"] is False:
        return f"{domain} does not exist: DNS has nothing at the name or below it. Check how it is written."
    if info["exists"] is None:
        return f"No server could say what DNS has at {domain}. {info['msg']}".strip()
    if below_registry(f"company-name.{domain}") and not info["mx"] and not info["spf"]:
        return (
            f"{domain} is a public suffix, below which a registry sells domains, and sends no mail itself: name a full "
            f"domain, such as company-name.{domain}."
        )
    return ""


# -- the playbook


def carry_out(given: Mapping[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
    """Audit the domains in custom_domain_audit and print the result. ``given``: the role variables that are set."""
    asked = AskedReports()
    try:
        values = audit_options(given)
        places = read_domains(values.get("custom_domain_audit"))
        accepted = read_accepted(values.get("custom_domain_accepted"))
        checker = checker_of(values.get("custom_domain_nameservers") or ())
        asked.add_for_all(values)
        asked.prepare()
    except (Refused, InvalidInput) as refused:
        return {"changed": False, "failed": True, "msg": str(refused)}
    done = audit(places, checker, say)
    for domain, policy in policies(done.shown).items():
        host_report = done.reports[domain]
        host_report.findings += report.of_dns(domain, [one.as_dict() for one in policy.findings])
        host_report.records = [*host_report.records, *([("MTA-STS", policy.shown)] if policy.shown else [])]
    for domain, text in done.written.items():
        asked.add_source(domain, places[text])
    severity = values.get("custom_domain_severity")
    for one in done.reports.values():
        one.accepted = [accept for accept in accepted if accept.holds(datetime.date.today())]
        one.settle()
        if not one.failures:
            report.verified(one, severity or ERROR)
        one.report_only = not severity
        one.escape()
        asked.take(one, AUDIT)
    say("\n".join([*asked.notes, *lines(done)]))
    failed = [one for one in done.reports.values() if one.has_failed]
    failures = [str(one.result()["msg"]) for one in failed] + asked.write(AUDIT)
    more = [f"And {len(failures) - MOST_TOLD} more."] if len(failures) > MOST_TOLD else []
    return {
        "changed": False,
        "failed": bool(failures),
        "msg": " ".join(failures[:MOST_TOLD] + more),
        "counts": {name: sum(one.counts[name] for one in done.reports.values()) for name in report.SEVERITIES},
        "failed_domains": [one.host for one in failed],
    }


def audit_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of an audit, converted to their types. Raises Refused."""
    spec = {name: option for name, option in role_options().items() if name in VARIABLES}
    wanted = {name: value for name, value in given.items() if name in spec and value is not None}
    faults = [*filter(None, [misspelt(given)]), *FAULTS.of(spec, wanted)]
    if faults:
        raise Refused(" ".join(faults))
    checked = ArgumentSpecValidator(spec).validate(wanted)
    if checked.error_messages:
        raise Refused(f"{'; '.join(checked.error_messages)}.")
    return {**checked.validated_parameters, "custom_domain_audit": given.get("custom_domain_audit")}


# -- what people read


def lines(done: Audit) -> list[str]:
    """All findings; for very many domains, one line each."""
    texts: list[str] = []
    if len(done.reports) > MOST_SHOWN:
        return ["", *(_one_line(done.reports[domain]) for domain in done.shown), ""]
    for domain, shown in done.shown.items():
        one = done.reports[domain]
        found = report.lines(one, explained=True)
        texts += [*found[:2], *(f"  {title:<8}{text}" for title, text in one.records), *found[2:]]
        entry = first_entry(domain, shown).splitlines()
        texts += ["", f"A first inventory entry for {domain}:", "", *(f"    {one}" for one in entry)]
    return texts


def _one_line(one: HostReport) -> str:
    codes = ", ".join(dict.fromkeys(found["code"] for found in one.findings if found["severity"] != INFO))
    return f"{report.summary(one)}{f': {codes}' if codes else ''}"
