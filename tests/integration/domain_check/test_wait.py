# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import (
    CheckOptions,
    DomainChecker,
    Waiting,
    WaitProgress,
    check_domains,
)
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.nameservers import parse_nameservers
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.stub_resolver import Resolver
from ansible_collections.postmaster.mail.tests.servers.internet import OLD_SPF, SPF, Internet
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver

DOMAIN = "company-name.example"
EXPECTED = {"domain": DOMAIN, "spf": {"include": ["_spf.odoo.com"]}}
FIRST, SECOND = "ns1.hoster.example", "ns2.hoster.example"


def _check(internet: Internet, item: dict[str, Any] | None = None, timeout: float = 0.0) -> dict[str, Any]:
    """The result of one domain, through the servers that DNS names."""
    checker = DomainChecker(Resolver([internet.resolver.address]), port=internet.port)
    return next(iter(checker.check([item or EXPECTED], Waiting(timeout, 0.05)).values()))


def _check_at(servers: Sequence[str], *items: dict[str, Any], timeout: float = 0.0) -> dict[str, dict[str, Any]]:
    """The results of domains, through given servers."""
    given = parse_nameservers(servers)
    return DomainChecker(Resolver(given), given).check(items or [EXPECTED], Waiting(timeout, 0.05))


def _later(seconds: float, what: Any, *arguments: Any) -> threading.Timer:
    timer = threading.Timer(seconds, what, arguments)
    timer.start()
    return timer


def test_a_domain_is_met_when_all_its_servers_agree(internet: Internet) -> None:
    internet.publish(SPF)
    result = _check(internet)

    assert (result["met"], result["msg"], result["missing"]) == (True, "", [])
    assert result["zone"] == DOMAIN
    assert result["delegated_to"] == [FIRST, SECOND]
    assert sorted(result["servers"]) == [FIRST, SECOND]


def test_a_server_that_still_answers_the_old_record_is_named_with_it(internet: Internet) -> None:
    internet.publish(SPF, internet.first)
    result = _check(internet)

    assert not result["met"]
    assert (result["servers"][FIRST]["met"], result["servers"][SECOND]["met"]) == (True, False)
    assert (
        f'{SECOND}: {DOMAIN} TXT: still "v=spf1 mx ~all", expected "v=spf1 include:_spf.odoo.com mx ~all".'
        in result["msg"]
    )
    assert f"The zone example names {FIRST}, {SECOND} as the servers of {DOMAIN}" in result["msg"]


def test_waiting_ends_when_the_last_server_agrees(internet: Internet) -> None:
    timers = [
        _later(0.2, internet.publish, SPF, internet.first),
        _later(0.5, internet.publish, SPF, internet.second),
    ]
    started = time.monotonic()
    result = _check(internet, timeout=90)
    took = time.monotonic() - started

    assert result["met"]
    assert 0.5 <= took < 60
    for timer in timers:
        timer.join()


def test_waiting_ends_when_the_time_is_up_and_says_what_is_still_there(internet: Internet) -> None:
    internet.publish(SPF, internet.first)
    started = time.monotonic()
    result = _check(internet, timeout=0.4)

    assert 0.4 <= time.monotonic() - started < 30
    assert result["msg"].startswith(f"{DOMAIN} does not show the expected records. {SECOND}: ")


def test_a_change_that_arrives_just_before_the_end_counts(nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN, OLD_SPF)
    timer = _later(0.2, nameserver.set_zone, DOMAIN, SPF)
    given = parse_nameservers([nameserver.address])
    results = DomainChecker(Resolver(given), given).check([EXPECTED], Waiting(timeout=0.6, interval=30))
    timer.join()

    assert results[DOMAIN]["met"]


def test_a_dead_server_is_told_and_does_not_hold_the_domain_up(nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN, SPF)
    result = _check_at([nameserver.address, "127.0.0.1:1"])[DOMAIN]

    assert result["met"]
    assert result["servers"]["127.0.0.1:1"]["answers"] is False
    assert result["warnings"] == ["127.0.0.1:1 does not answer: nothing listens there."]


def test_a_server_that_refuses_is_told_likewise(nameserver: Nameserver, second_nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN, SPF)
    second_nameserver.behaviour = "refuse"
    result = _check_at([nameserver.address, second_nameserver.address])[DOMAIN]

    assert result["met"]
    assert "refuses the question (REFUSED)" in result["servers"][second_nameserver.address]["msg"]


def test_a_server_that_holds_no_such_zone_is_told_likewise(
    nameserver: Nameserver, second_nameserver: Nameserver
) -> None:
    nameserver.set_zone(DOMAIN, SPF)
    second_nameserver.behaviour = "lame"
    result = _check_at([nameserver.address, second_nameserver.address])[DOMAIN]

    assert result["met"]
    assert result["warnings"] == [f"{second_nameserver.address} holds no zone of that name."]


def test_when_no_server_answers_nothing_is_met(nameserver: Nameserver) -> None:
    nameserver.behaviour = "fail"
    result = _check_at([nameserver.address, "127.0.0.1:1"])[DOMAIN]

    assert not result["met"]
    assert f"{nameserver.address} fails to answer (SERVFAIL). 127.0.0.1:1 does not answer" in result["msg"]


def test_a_domain_that_is_not_registered(internet: Internet) -> None:
    result = _check(internet, {**EXPECTED, "domain": "unregistered.example"})

    assert not result["met"]
    assert "unregistered.example is not registered or not delegated: the zone example names no servers" in result["msg"]


def test_a_registration_is_noticed_while_waiting(internet: Internet) -> None:
    internet.resolver.remove_zone(DOMAIN)
    internet.resolver.set_zone("example", "ns IN A 127.0.0.2\nns1.hoster IN A 127.0.0.3\nns2.hoster IN A 127.0.0.4")
    timer = _later(0.2, internet.publish, SPF)
    result = _check(internet, timeout=20)
    timer.join()

    assert result["met"]


def test_servers_that_get_an_address_while_waiting(internet: Internet) -> None:
    internet.publish(SPF)
    internet.resolver.broken.add("hoster.example")
    internet.registry.behaviour = "refuse"
    timer = _later(0.2, internet.resolver.broken.clear)
    result = _check(internet, timeout=20)
    timer.join()

    assert result["met"]


def test_a_domain_that_is_delegated_to_other_servers_than_the_given_one(internet: Internet) -> None:
    result = _check_at([internet.registry.address])[DOMAIN]

    assert not result["met"]
    assert f"the server does not hold {DOMAIN}, and says that it is delegated to {FIRST}, {SECOND}" in result["msg"]


def test_a_domain_whose_servers_do_not_hold_it(internet: Internet) -> None:
    result = _check(internet, {**EXPECTED, "domain": "lame.example"})

    assert not result["met"]
    assert "ns1.lame.example refuses the question (REFUSED)" in result["msg"]
    assert "The zone example names ns1.lame.example as the servers of lame.example" in result["msg"]


def test_parent_and_zone_that_disagree_are_a_warning(internet: Internet) -> None:
    text = "$TTL 60\n@ IN SOA ns1.hoster.example. h 1 1 1 1 1\n@ IN NS ns1.hoster.example.\n" + SPF
    for server in (internet.resolver, internet.first, internet.second):
        server.set_zone(DOMAIN, text)
    result = _check(internet)

    assert result["met"]
    assert any("Make them agree at the registrar." in warning for warning in result["warnings"])


def test_no_dns_at_all(internet: Internet) -> None:
    internet.resolver.behaviour = "refuse"
    result = _check(internet)

    assert (result["met"], result["servers"]) == (False, {})
    assert f"No server could say which name servers hold {DOMAIN}" in result["msg"]


def test_one_bad_domain_does_not_stop_the_others(nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN, SPF)
    results = _check_at(
        [nameserver.address], {"domain": "https://a.example", "spf": {"include": ["b.example"]}}, EXPECTED
    )

    assert results[DOMAIN]["met"]
    assert "is not a domain name" in results["https://a.example"]["msg"]
    assert sorted(results[DOMAIN]) == sorted(results["https://a.example"])


def test_only_domains_that_are_not_met_are_asked_again(nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN, SPF)
    nameserver.set_zone("late.example", OLD_SPF)
    results = _check_at([nameserver.address], EXPECTED, {**EXPECTED, "domain": "late.example"}, timeout=0.5)

    assert (results[DOMAIN]["met"], results["late.example"]["met"]) == (True, False)
    assert nameserver.questions[DOMAIN, "TXT"] == 1
    assert nameserver.questions["late.example", "TXT"] > 3


def test_no_question_is_asked_twice_for_many_domains(nameserver: Nameserver) -> None:
    items = []
    for index in range(60):
        nameserver.set_zone(f"d{index}.example", SPF + "odoo._domainkey CNAME odoo._domainkey.odoo.com.")
        dkim = [{"selector": "odoo", "cname": "odoo._domainkey.odoo.com"}]
        items.append({**EXPECTED, "domain": f"d{index}.example", "dkim": dkim, "dmarc": {"policy": "none"}})
    results = _check_at([nameserver.address], *items)

    assert len(results) == 60
    assert set(nameserver.questions.values()) == {1}


@pytest.mark.parametrize("behaviour", ["garbage", "truncate_only", "lame"])
def test_a_server_that_answers_nonsense_is_a_sentence(nameserver: Nameserver, behaviour: str) -> None:
    nameserver.set_zone(DOMAIN, SPF)
    nameserver.behaviour = behaviour
    result = _check_at([nameserver.address])[DOMAIN]

    assert not result["met"]
    assert result["msg"].endswith(".")


def test_without_expectations_it_reports_what_is_there(nameserver: Nameserver) -> None:
    nameserver.set_zone(
        DOMAIN,
        SPF + "@ IN TXT site=1\n@ IN MX 20 b\n@ IN MX 10 a\n_dmarc TXT v=DMARC1\\;p=none\nkey._domainkey IN TXT p=\n"
        "odoo._domainkey CNAME key.service.example.",
    )
    nameserver.set_zone("service.example", 'key IN TXT "v=DKIM1; p="')
    item = {"domain": DOMAIN, "dkim": [{"selector": "odoo"}, {"selector": "key"}, {"selector": "none"}]}
    result = _check_at([nameserver.address], item)[DOMAIN]

    assert (result["met"], result["msg"], result["servers"]) == (True, "", {})
    assert result["spf"] == ["v=spf1 include:_spf.odoo.com ~all"]
    assert result["dmarc"] == ["v=DMARC1;p=none"]
    assert result["mx"] == [{"preference": 10, "host": f"a.{DOMAIN}"}, {"preference": 20, "host": f"b.{DOMAIN}"}]
    assert result["dkim"] == {
        "odoo": {"cname": "key.service.example", "txt": ["v=DKIM1; p="]},
        "key": {"cname": None, "txt": ["p="]},
        "none": {"cname": None, "txt": []},
    }


def test_a_report_address_whose_holder_does_not_agree_is_a_warning(nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN, '_dmarc TXT "v=DMARC1; p=none; rua=mailto:a@other.example"')
    item = {"domain": DOMAIN, "dmarc": {"policy": "none", "aggregate_reports": ["mailto:a@other.example"]}}
    result = _check_at([nameserver.address], item)[DOMAIN]

    assert result["met"]
    assert any("other.example" in warning for warning in result["warnings"])


def test_a_record_at_a_name_elsewhere_is_looked_for_on_the_servers_there(internet: Internet) -> None:
    internet.publish(SPF)
    internet.first.set_zone("hoster.example", "verify IN TXT x")
    item = {**EXPECTED, "records": [{"name": "verify.hoster.example", "type": "TXT", "value": "x"}]}
    result = _check(internet, item)

    assert FIRST in result["servers"]
    assert result["servers"][FIRST]["met"], result


def test_each_domain_may_have_a_time_of_its_own(nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN, OLD_SPF)
    nameserver.set_zone("patient.example", OLD_SPF)
    items = [EXPECTED, {**EXPECTED, "domain": "patient.example"}]
    given = parse_nameservers([nameserver.address])
    DomainChecker(Resolver(given), given).check(items, Waiting(0.0, 0.05, timeouts={"patient.example": 0.5}))

    assert nameserver.questions[DOMAIN, "TXT"] == 1
    assert nameserver.questions["patient.example", "TXT"] > 3


def test_while_it_waits_it_reports_who_still_answers_what(nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN, SPF)
    nameserver.set_zone("late.example", OLD_SPF)
    items = [EXPECTED, {**EXPECTED, "domain": "late.example"}]
    reports: list[WaitProgress] = []
    wait = Waiting(0.5, 0.05, report=reports.append, report_every=0.1)
    check_domains(items, CheckOptions([nameserver.address], wait=wait))

    assert 1 < len(reports) < 6
    assert dict(reports[0].unmet) == {
        "late.example": [
            f'{nameserver.address}: late.example TXT: still "v=spf1 mx ~all", '
            'expected "v=spf1 include:_spf.odoo.com mx ~all"'
        ]
    }
    assert 0 < reports[0].waited < reports[-1].waited < 0.6
    assert reports[0].remaining > reports[-1].remaining > 0


def test_it_also_reports_between_two_rounds_that_are_far_apart(nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN, OLD_SPF)
    reports: list[WaitProgress] = []
    wait = Waiting(0.5, 60, report=reports.append, report_every=0.1)
    check_domains([EXPECTED], CheckOptions([nameserver.address], wait=wait))

    assert nameserver.questions[DOMAIN, "TXT"] == 2  # at the beginning and when the time is up
    assert len(reports) > 1


def test_waiting_can_be_stopped(nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN, OLD_SPF)
    wait = Waiting(120, 60)
    timer = _later(0.2, wait.stop.set)
    started = time.monotonic()
    checked = check_domains([EXPECTED], CheckOptions([nameserver.address], wait=wait))
    timer.join()

    assert time.monotonic() - started < 50
    assert checked.unmet == [DOMAIN]
    assert checked.as_dict()["met"] is False
