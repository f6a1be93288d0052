# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SendGrid: one object for a domain whatever happens, both regions; judged by SendGrid's own Python client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.services.clients import registrar
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients import sendgrid as client_file
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.sendgrid import SendGrid
from ansible_collections.postmaster.mail.tests.integration.services.zones import publish
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.services.sendgrid import SendGridSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import PublicDns

DOMAIN = "company.test"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(sendgrid_options: dict[str, Any], nameserver: Nameserver, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the module for company.test; the zone is there, and empty."""
    nameserver.set_zone(DOMAIN)
    monkeypatch.setattr(registrar, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(registrar, "SETTLING", 0.2)

    def one(check: bool = False, **options: Any) -> dict[str, Any]:
        shared = {"service": "sendgrid", "account": sendgrid_options, "nameservers": [nameserver.address]}
        return run_module("sending_domain", {**shared, "domain": DOMAIN, **options}, check)

    return one


def test_from_nothing_to_a_verified_domain(run: Run, sendgrid: SendGridSimulator, nameserver: Nameserver) -> None:
    predicted = run(check=True)
    assert predicted["known_after_apply"] == [
        "2 CNAME records below _domainkey.company.test", "1 CNAME record at em.company.test",
    ]  # fmt: skip
    registered = run()
    (item,) = registered["records"]
    assert [one["selector"] for one in item["dkim"]] == ["s1", "s2"]
    assert item["records"][0]["name"] == "em.company.test" and registered["region"] == "unknown"
    assert run(state="verified")["failed"] and sendgrid.calls["validate"] == 0
    publish(nameserver, registered["records"])
    assert run(state="verified")["verification"] == "verified"
    again = run(state="verified")
    assert not again["changed"] and again["api_calls"] == 1 and sendgrid.calls["validate"] == 1


# -- never a second object -------------------------------------------------------------------------------------------


def test_the_valid_one_of_two_is_used_and_the_other_never_validated(run: Run, sendgrid: SendGridSimulator) -> None:
    first = sendgrid.add_domain(DOMAIN, "em1111", valid=True)
    second = sendgrid.add_domain(DOMAIN, "em2222", default=True)
    result = run(state="verified")
    assert not result["changed"] and result["in_use"]["return_path"] == "em1111.company.test"
    assert sendgrid.calls["create"] == sendgrid.calls["validate"] == 0 and first.valid
    assert any(str(second.id) in warning for warning in result["warnings"])


def test_two_of_which_none_is_valid_are_a_conflict(run: Run, sendgrid: SendGridSimulator) -> None:
    objects = [sendgrid.add_domain(DOMAIN, label) for label in ("em1111", "em2222")]
    told = run(state="verified")["msg"]
    assert all(str(one.id) in told for one in objects)
    assert "more than once" in run(state="absent", delete_unmarked=True)["msg"]
    assert set(sendgrid.calls) == {"list"}


def test_names_are_compared_exactly(run: Run, sendgrid: SendGridSimulator) -> None:
    for name in ("notcompany.test", "mail.company.test"):
        sendgrid.add_domain(name, "em1111", valid=True)
    assert run()["changed"] and sendgrid.calls["create"] == 1


@pytest.mark.parametrize("fault", ["lost", "reset", 429, 500, "done 500"])
def test_a_registration_that_failed_leads_to_one_object(run: Run, sendgrid: SendGridSimulator, fault: Any) -> None:
    sendgrid.fail("create", fault)
    run()
    assert not run().get("failed") and len(sendgrid.domains) == 1
    assert not run()["changed"]


def test_it_is_read_again_when_it_is_not_shown_at_once(run: Run, sendgrid: SendGridSimulator) -> None:
    sendgrid.late_reads = 2
    assert run()["registered"] and sendgrid.calls["create"] == 1


def test_another_return_path_is_a_conflict_and_can_not_be_set(run: Run, sendgrid: SendGridSimulator) -> None:
    sendgrid.add_domain(DOMAIN, "em1111", valid=True)
    refused = run(return_path="em")["msg"]
    assert "with the return path em1111.company.test" in refused and "take_over_registration" not in refused
    for check in (True, False):
        told = run(check, return_path="em", take_over_registration=True)["msg"]
        assert "cannot change the return path" in told and len(sendgrid.domains) == 1


def test_a_label_that_sendgrid_makes_up_is_none_that_is_asked_for(run: Run, sendgrid: SendGridSimulator) -> None:
    assert run(return_path=False)["changed"]
    again = run(return_path=False)
    assert not again.get("failed") and not again["changed"] and sendgrid.calls["create"] == 1


# -- who holds the names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["u1.wl001.sendgrid.net", "x.other.test"])
def test_a_label_that_another_account_holds(run: Run, nameserver: Nameserver, target: str) -> None:
    nameserver.set_zone(DOMAIN, f"em IN CNAME {target}.")
    assert f"em.company.test is held by CNAME {target}" in run(return_path="em")["msg"]
    assert run()["in_use"]["return_path"] == "bounce.company.test"


def test_a_selector_that_another_account_holds(run: Run, nameserver: Nameserver, sendgrid: SendGridSimulator) -> None:
    target = "s1.domainkey.u1.wl001.sendgrid.net"
    nameserver.set_zone(DOMAIN, f"s1._domainkey IN CNAME {target}.")
    predicted, done = run(check=True), run()
    assert predicted["diff"] == done["diff"] and "dkim_selector sga" in done["diff"]["prepared"]
    note = f"The DKIM selector is sga, as s1._domainkey.company.test is held by CNAME {target}."
    assert note in predicted["warnings"] and note in done["warnings"]
    assert [one["selector"] for one in done["records"][0]["dkim"]] == ["sga", "sga2"]
    publish(nameserver, done["records"])
    assert run(state="verified")["verification"] == "verified"
    again = run()
    assert not again["changed"] and again["in_use"]["dkim_selector"] == "sga" and sendgrid.calls["create"] == 1


def test_selectors_that_are_all_held(run: Run, nameserver: Nameserver, sendgrid: SendGridSimulator) -> None:
    held = ("s1", "sga2", "sgb", "sgc2")
    nameserver.set_zone(DOMAIN, "\n".join(f"{one}._domainkey IN CNAME x.other.test." for one in held))
    told = run()["msg"]
    assert all(f"{one}._domainkey.company.test is held by CNAME x.other.test" in told for one in held)
    assert sendgrid.calls["create"] == 0
    assert run(dkim_selector="abc")["in_use"]["dkim_selector"] == "abc"


def test_a_stated_selector_that_is_held_is_refused_before_sendgrid_is_asked(
    run: Run, nameserver: Nameserver, sendgrid: SendGridSimulator
) -> None:
    nameserver.set_zone(DOMAIN, "abc2._domainkey IN CNAME x.other.test.")
    told = run(dkim_selector="abc")["msg"]
    assert "abc2._domainkey.company.test is held by CNAME x.other.test" in told and not sendgrid.calls
    assert "Give another dkim_selector, or leave it out" in told
    assert "accepts 3 lower-case letters or digits, not 'abcd'" in run(dkim_selector="abcd")["msg"]
    assert not sendgrid.calls
    assert run(dkim_selector="abd")["in_use"]["dkim_selector"] == "abd"


@pytest.mark.parametrize("selector", ["s1", "sg", "old"])
def test_a_registered_domain_keeps_its_selector(
    run: Run, sendgrid: SendGridSimulator, nameserver: Nameserver, selector: str
) -> None:
    """Whatever the console has made it, and whoever holds the usual ones."""
    second = "s2" if selector == "s1" else f"{selector}2"
    sendgrid.add_domain(DOMAIN, "em1111", selectors=(selector, second), valid=True)
    nameserver.set_zone(DOMAIN, "s2._domainkey IN CNAME x.other.test.")
    kept = run()
    assert not kept["changed"] and kept["in_use"]["dkim_selector"] == selector
    assert [one["selector"] for one in kept["records"][0]["dkim"]] == [selector, second]
    refused = run(dkim_selector="abc")["msg"]
    assert f"with the DKIM selector {selector}, but abc is requested" in refused
    assert "take_over_registration" not in refused
    assert "cannot change the DKIM selector" in run(dkim_selector="abc", take_over_registration=True)["msg"]
    assert sendgrid.calls["create"] == 0


@pytest.fixture
def both(
    sendgrid: SendGridSimulator, sendgrid_options: dict[str, Any], nameserver: Nameserver
) -> Iterator[tuple[SendGridSimulator, Run]]:
    """Another account, and a run that registers the domain at both."""
    nameserver.set_zone(DOMAIN)
    with SendGridSimulator(PublicDns(nameserver.address)) as other:
        account = {**sendgrid_options, "api_key": other.add_key(), "endpoint": other.endpoint}

        def run(check: bool = False, turned: bool = False) -> dict[str, Any]:
            domains = [{"domain": DOMAIN, "account": one} for one in (sendgrid_options, account)]
            shared = {"service": "sendgrid", "nameservers": [nameserver.address]}
            return run_module("sending_domains", {**shared, "domains": domains[:: -1 if turned else 1]}, check)

        yield other, run


def in_use(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (one["in_use"]["dkim_selector"], one["in_use"]["return_path"].partition(".")[0]) for one in result["domains"]
    ]


@pytest.mark.parametrize(
    ("zone", "chosen"),
    [
        ("", [("s1", "em"), ("sga", "bounce")]),
        ("s2._domainkey IN CNAME s2.domainkey.u1.wl001.sendgrid.net.", [("sga", "em"), ("sgb", "bounce")]),
        ("em IN CNAME u1.wl001.sendgrid.net.", [("s1", "bounce"), ("sga", "sg-bounce")]),
    ],
)
def test_two_accounts_take_two_names_whoever_holds_the_first(
    both: tuple[SendGridSimulator, Run], nameserver: Nameserver, zone: str, chosen: list[tuple[str, str]]
) -> None:
    other, run = both
    nameserver.set_zone(DOMAIN, zone)
    predicted = run(check=True)
    done = run()
    assert done["failed_domains"] == [] and in_use(done) == chosen and predicted["diff"] == done["diff"]
    publish(nameserver, done["records"])
    for turned in (False, True):
        again = run(turned=turned)
        assert not again["changed"] and again["failed_domains"] == []
        assert in_use(again) == (chosen[::-1] if turned else chosen)
    assert other.calls["create"] == 1


def test_a_new_registration_makes_way_for_one_that_is_there(
    both: tuple[SendGridSimulator, Run], sendgrid: SendGridSimulator
) -> None:
    """Although its records are not published yet, and it comes later."""
    other, run = both
    other.add_domain(DOMAIN, "em")
    done = run()
    assert done["failed_domains"] == [] and in_use(done) == [("sga", "bounce"), ("s1", "em")]


def test_two_registrations_with_one_name_are_a_conflict(
    both: tuple[SendGridSimulator, Run], sendgrid: SendGridSimulator
) -> None:
    other, run = both
    for account, label in ((sendgrid, "em1111"), (other, "em2222")):
        account.add_domain(DOMAIN, label)
    first, second = run()["domains"]
    assert not first["failed"] and second["msg"].startswith(
        "s1._domainkey.company.test is held by the sender at SendGrid (global), and SendGrid has another record there "
        "for company.test: CNAME s1.domainkey."
    )


@pytest.mark.parametrize("selector", ["ab", "abcd", "a-b", ""])
def test_the_api_accepts_three_letters_or_digits(official: Any, sendgrid: SendGridSimulator, selector: str) -> None:
    from python_http_client.exceptions import BadRequestsError

    body = {"domain": DOMAIN, "automatic_security": True, "custom_dkim_selector": selector}
    with pytest.raises(BadRequestsError):
        official.client.whitelabel.domains.post(request_body=body)
    made = official.client.whitelabel.domains.post(request_body={**body, "custom_dkim_selector": "ab1"}).to_dict
    assert made["dns"]["dkim2"]["host"] == "ab12._domainkey.company.test" and len(sendgrid.domains) == 1


# -- keys ------------------------------------------------------------------------------------------------------------


def test_a_key_of_the_other_region_is_told_after_one_probe(
    run: Run, sendgrid: SendGridSimulator, sendgrid_options: dict[str, Any], nameserver: Nameserver, monkeypatch: Any
) -> None:
    with SendGridSimulator(PublicDns(nameserver.address), "eu") as other:
        monkeypatch.setattr(client_file, "ADDRESSES", {"global": sendgrid.endpoint, "eu": other.endpoint})
        other.keys[sendgrid_options["api_key"]] = {"read"}
        del sendgrid_options["endpoint"]
        sendgrid.keys.clear()
        assert "refused by SendGrid in the region global and accepted in the region eu: set region: eu" in run()["msg"]
        assert sum(other.calls.values()) == 1


def test_a_key_without_the_right_is_told(run: Run, sendgrid: SendGridSimulator, sendgrid_options: Any) -> None:
    sendgrid.keys[sendgrid_options["api_key"]] = {"read"}
    assert "It needs the scopes whitelabel.read and whitelabel.create" in run()["msg"]


def test_their_dns_failed_is_no_failure_of_the_domain(
    run: Run, sendgrid: SendGridSimulator, nameserver: Nameserver
) -> None:
    publish(nameserver, run()["records"])
    sendgrid.fail("validate", 500)
    told = run(state="verified")
    assert told["verification"] == "pending" and "internal error getting TXT" in told["attempts"][0]
    assert run(state="verified")["verification"] == "verified"


def test_it_is_deleted_only_when_that_is_said(run: Run, sendgrid: SendGridSimulator) -> None:
    run()
    assert "cannot store a mark" in run(state="absent")["msg"]
    assert run(state="absent", delete_unmarked=True)["changed"] and not sendgrid.domains


def test_a_hundred_domains_are_listed_and_not_asked_for(
    sendgrid: SendGridSimulator, sendgrid_options: dict[str, Any]
) -> None:
    """The listing holds the records."""
    names = [f"company{number}.test" for number in range(100)]
    for name in names:
        sendgrid.add_domain(name, "em1111", valid=True)
    found = SendGrid(sendgrid_options).find([*names, "other.test"])
    assert sorted(found) == sorted(names) and all(one.records for one in found.values())
    assert sendgrid.calls == {"list": 3}


# -- judged by the official client -----------------------------------------------------------------------------------


@pytest.fixture
def official(sendgrid: SendGridSimulator, sendgrid_options: dict[str, Any]) -> Any:
    from sendgrid import SendGridAPIClient

    return SendGridAPIClient(api_key=sendgrid_options["api_key"], host=sendgrid.endpoint)


def test_the_official_client_sees_what_ours_has_made(official: Any, run: Run, nameserver: Nameserver) -> None:
    publish(nameserver, run()["records"])
    (told,) = official.client.whitelabel.domains.get(query_params={"domain": DOMAIN}).to_dict
    answer = official.client.whitelabel.domains._(told["id"]).validate.post()
    assert answer.status_code == 200 and answer.to_dict["valid"] is True
    assert run()["verification"] == "verified"


def test_ours_finds_what_the_official_client_has_made(official: Any, run: Run, sendgrid: SendGridSimulator) -> None:
    body = {"domain": DOMAIN, "automatic_security": True, "custom_spf": False, "default": False}
    assert official.client.whitelabel.domains.post(request_body=body).status_code == 201
    assert not run()["changed"] and len(sendgrid.domains) == 1


def test_the_official_client_does_all_that_ours_does_and_reads_each_state(
    official: Any, sendgrid: SendGridSimulator, nameserver: Nameserver
) -> None:
    from python_http_client.exceptions import BadRequestsError, NotFoundError, UnauthorizedError

    nameserver.set_zone(DOMAIN)
    domains = official.client.whitelabel.domains
    body = {"domain": DOMAIN, "subdomain": "em", "automatic_security": True, "custom_spf": False, "default": False}
    made = domains.post(request_body=body).to_dict
    one = domains._(made["id"])
    assert made["valid"] is False and one.get().to_dict == made
    looked = one.validate.post().to_dict
    assert looked["valid"] is False and all(part["reason"] for part in looked["validation_results"].values())
    with pytest.raises(BadRequestsError) as twice:
        domains.post(request_body=body)
    assert "already exists for this URL" in twice.value.to_dict["errors"][0]["message"]
    lines = [f"{part['host']}. IN CNAME {part['data']}." for part in made["dns"].values()]
    nameserver.set_zone(DOMAIN, "\n".join(lines))
    assert one.validate.post().to_dict["validation_results"]["dkim1"] == {"valid": True, "reason": None}
    read = one.get().to_dict
    assert read["valid"] is True and {part["valid"] for part in read["dns"].values()} == {True}
    assert one.delete().status_code == 204
    with pytest.raises(NotFoundError):
        one.get()
    sendgrid.keys.clear()
    with pytest.raises(UnauthorizedError):
        domains.get()
