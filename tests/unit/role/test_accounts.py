# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts at sending services: defined once, checked, kept secret, and the logins derived from them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.services.ses_password import smtp_password
from ansible_collections.postmaster.mail.plugins.plugin_utils.accounts import login_of
from ansible_collections.postmaster.mail.plugins.plugin_utils.host_plan import HostPlan, read_host_plan
from ansible_collections.postmaster.mail.plugins.plugin_utils.sender import Refused
from ansible_collections.postmaster.mail.plugins.plugin_utils.validation import (
    Validator,
    secrets_of,
    without_secrets,
)

DOMAIN = "company-name.com"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SES = {"service": "amazon_ses", "region": "eu-west-1", "access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": SECRET}
ODOO = {"url": "https://erp.example.net", "database": "prod", "username": "admin", "password": "secret"}


def variables(*senders: dict[str, Any], **accounts: dict[str, Any]) -> dict[str, Any]:
    return {
        "custom_domain_dns": {"provider": "manual"},
        "custom_domain_odoo": ODOO,
        "custom_domain_companies": [],
        "custom_domain_accounts": accounts,
        "custom_domain_senders": list(senders),
    }


def plan(*senders: dict[str, Any], **accounts: dict[str, Any]) -> HostPlan:
    values, faults = Validator().validated(variables(*senders, **accounts), {})
    assert not faults
    return read_host_plan(DOMAIN, values, "/inventory")


def faults(**accounts: Any) -> str:
    return " ".join(Validator().validated(variables({"service": "odoo"}, **accounts), {})[1])


@pytest.mark.parametrize(
    ("account", "right"),
    [
        (SES, "AKIAIOSFODNN7EXAMPLE"),
        ({"service": "mailjet", "api_key": "a" * 32, "secret_key": "b" * 32}, "a" * 32),
        ({"service": "scaleway", "project_id": "a-project", "secret_key": "b" * 32}, "a-project"),
        ({"service": "sendgrid", "api_key": "SG.key"}, "apikey"),
    ],
)
def test_a_username_must_match_the_password_derived_from_the_account(account: dict[str, Any], right: str) -> None:
    with pytest.raises(
        Refused, match="is not that of this user name.*: leave out username, or give the password"
    ) as no:
        plan({"account": "one", "username": "smtp-user"}, one=account)
    assert "sender 1: username is smtp-user" in str(no.value) and account.get("secret_key", "SG.") not in str(no.value)
    for stated in ({"username": right}, {"username": "smtp-user", "password": "its-own-password"}):
        odoo = plan({"account": "one", **stated}, one=account).odoo
        assert odoo is not None and odoo.servers[0]["username"] == stated["username"]
        assert odoo.servers[0]["password"] == stated.get("password", odoo.servers[0]["password"])


def test_a_sender_needs_only_its_account() -> None:
    found = plan({"account": "ses"}, ses=SES)
    assert found.odoo is not None
    (server,) = found.odoo.servers
    assert server["host"] == "email-smtp.eu-west-1.amazonaws.com"
    assert (server["username"], server["password"]) == (SES["access_key"], smtp_password(SECRET, "eu-west-1"))
    (sender,) = found.senders
    assert sender.registration is not None and sender.account["secret_key"] == SECRET
    assert (sender.registration.name, sender.registration.return_path) == (DOMAIN, None)
    assert found.records == {}  # the service provides them


@pytest.mark.parametrize(
    ("stated", "wanted"), [("bounce", "bounce.company-name.com"), ("False", False), ("no", False), (None, None)]
)
def test_the_return_path_is_passed_to_the_registration(stated: str | None, wanted: str | bool | None) -> None:
    (sender,) = plan({"account": "ses", **({"return_path": stated} if stated else {})}, ses=SES).senders
    assert sender.registration is not None and sender.registration.return_path == wanted


def test_options_of_single_services_are_passed_to_the_registration() -> None:
    (sender,) = plan(
        {"account": "ses", "key_length": "1024", "configuration_set": "shop", "feedback": "no"}, ses=SES
    ).senders
    wanted = sender.registration
    assert wanted is not None and (wanted.key_length, wanted.configuration_set, wanted.feedback) == (
        1024,
        "shop",
        False,
    )
    grid = {"service": "sendgrid", "api_key": "SG.key"}
    (sender,) = plan({"account": "grid", "dkim_selector": "abc"}, grid=grid).senders
    assert sender.registration is not None and sender.registration.dkim_selector == "abc"


def test_a_login_given_for_the_sender_overrides_the_account() -> None:
    found = plan({"account": "ses", "username": "AKIAOTHER", "password": "B" + "x" * 43}, ses=SES).odoo
    assert found is not None
    assert (found.servers[0]["username"], found.servers[0]["password"]) == ("AKIAOTHER", "B" + "x" * 43)


def test_changing_the_region_changes_host_and_password_together() -> None:
    one, other = (
        plan({"account": "ses"}, ses={**SES, "region": region}).odoo for region in ("eu-west-1", "eu-central-1")
    )
    assert one is not None and other is not None
    assert one.servers[0]["host"] != other.servers[0]["host"]
    assert one.servers[0]["password"] != other.servers[0]["password"]


def test_no_login_is_derived_from_temporary_credentials() -> None:
    assert login_of("amazon_ses", {**SES, "session_token": "token"}, "eu-west-1") == {}
    assert login_of("mailgun", {"api_key": "key"}, "eu") == {}


@pytest.mark.parametrize(
    ("senders", "accounts", "sentence"),
    [
        ({"account": "sess"}, {"ses": SES}, "the account sess is not in custom_domain_accounts. Did you mean ses?"),
        ({"account": "ses"}, {}, "It has none."),
        ({"account": "ses", "region": "eu-west-3"}, {"ses": SES}, "its account ses says region: eu-west-1"),
        ({"account": "box"}, {"box": {"service": "gmail"}}, "Gmail and Google Workspace has no API"),
        (
            {"account": "mg"},
            {"mg": {"service": "mailgun", "region": "eu", "api_key": "k"}},
            "give username (an address",
        ),
        ({"account": "ses", "from_filter": ["other.example"]}, {"ses": SES}, "make each a host of its own"),
        (
            {"account": "ses", "from_filter": []},
            {"ses": SES},
            "from_filter is empty, which sends any From",
        ),
        ({"account": "x"}, {"x": {"service": "amazonses"}}, "Did you mean amazon_ses?"),
    ],
)
def test_an_invalid_account_is_refused(senders: dict[str, Any], accounts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(senders, **accounts)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("default_from", "is_refused"),
    [("hello@other.example", True), ("hello@notcompany-name.com", True), (f"hello@{DOMAIN}", False), ("hello", False)],
)
def test_the_default_from_must_be_in_a_registered_domain(default_from: str, is_refused: bool) -> None:
    given = {**variables({"account": "ses"}, ses=SES), "custom_domain_alias_domain": {"default_from": default_from}}
    values, faults = Validator().validated(given, {})
    assert not faults
    if not is_refused:
        assert read_host_plan(DOMAIN, values, "/inventory").odoo is not None
        return
    with pytest.raises(Refused) as refused:
        read_host_plan(DOMAIN, values, "/inventory")
    assert "not registered in the same account and region" in str(refused.value) and default_from in str(refused.value)
    values["custom_domain_senders"].append({"host": "relay.other.example", "from_filter": ["other.example"]})
    assert read_host_plan(DOMAIN, values, "/inventory").odoo is not None  # the check knows nothing about this relay


def test_options_of_accounts_are_checked_like_all_others() -> None:
    assert "acces_key" in faults(ses={"service": "amazon_ses", "acces_key": "x"})
    assert "service" in faults(ses={"region": "eu-west-1"})
    assert "custom_domain_accounts" in faults(ses="AKIA")
    assert faults(ses=SES) == ""


def test_secrets_of_accounts_are_hidden() -> None:
    given = variables({"account": "ses"}, ses=SES)
    assert SECRET in secrets_of(given)
    assert without_secrets(given)["custom_domain_accounts"]["ses"]["secret_key"] is True
    assert SECRET not in repr(plan({"account": "ses"}, ses=SES))
