# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that Odoo rewrites or compares, and the messages made from its errors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.bounded import Limit
from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput, OdooError
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.aliases import (
    clean_alias,
    clean_default_from,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.errors import (
    NoSuchModel,
    OdooErrorAnswer,
    OdooRefusal,
    Secrets,
    refusal,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.filters import (
    canonical,
    filter_part,
    filter_text,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.http import OdooHttp
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import NotRead, OdooSnapshot
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.plan import external_id


@pytest.mark.parametrize(
    ("given_text", "stored"),
    [
        ("Hello World", "hello-world"),
        ("x@y.z", "x"),
        ("Zoë", "zoe"),
        (" bounce ", "bounce"),
        ("..a..b..", "a.b"),
        ("", ""),
    ],
)
def test_an_alias_is_cleaned_as_odoo_cleans_it(given_text: str, stored: str) -> None:
    assert clean_alias(given_text) == stored


def test_a_default_sender_keeps_its_domain() -> None:
    assert clean_default_from("Zoë@Company-Name.COM") == "zoe@company-name.com"
    assert clean_default_from("Notifications") == "notifications"


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean_alias(clean_alias(text)) == clean_alias(text)
    assert clean_default_from(clean_default_from(text)) == clean_default_from(text)


def test_a_filter_may_have_addresses_and_domains() -> None:
    assert filter_text(["test@example.com", "Example.COM", "example.com"]) == "test@example.com,example.com"
    assert filter_text([]) == ""
    assert filter_part("münchen.example") == "xn--mnchen-3ya.example"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("", "from_filter has an empty entry"),
        ("*.x.example", "because Odoo has no wildcards"),
        ("@x.example", "without the at sign, x.example"),
        ("a.example;b.example", "give each address or domain as its own entry"),
        ("a.example,b.example", "give each address or domain as its own entry"),
        ("a b", "give each address or domain as its own entry"),
        ("x", "is not a full domain name"),
    ],
)
def test_an_entry_that_never_matches_is_refused(entry: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        filter_part(entry)


def test_filters_are_compared_as_odoo_reads_them() -> None:
    assert canonical("B.example, a@x.example", 17) == canonical("a@x.example,b.example", 17)
    assert canonical(False, 17) == canonical("", 17) == canonical("", 15) == frozenset()
    # 16 reads the whole text as one address or domain
    assert canonical("A.example", 16) == {"a.example"}
    assert all(
        canonical(text, 16) != canonical("a.example", 16) for text in ("a.example ", "a.example,", "a.example,b")
    )


@given(st.text(), st.text())
def test_external_ids_differ_when_names_do(one: str, other: str) -> None:
    assert (external_id(one) == external_id(other)) == (one == other)
    assert external_id(one).isidentifier()


@pytest.mark.parametrize(
    ("name", "message", "sentence"),
    [
        ("odoo.exceptions.UserError", "Not\n so  fast", "Odoo refused: Not so fast."),
        ("odoo.exceptions.AccessError", "You are not allowed", "Administration: Settings (base.group_system)"),
        ("odoo.exceptions.AccessError", "Private methods (such as _x) cannot be called remotely.", "no method go"),
        ("odoo.exceptions.AccessDenied", "Access Denied", "refused the login"),
        ("odoo.exceptions.UserError", "Object ir.mail_server doesn't exist", "is not installed"),
        ("builtins.AttributeError", "'ir.mail_server' object has no attribute 'go'", "no method go"),
        ("builtins.ValueError", "Wrong value for x", "failed at go on ir.mail_server with ValueError"),
    ],
)
def test_each_error_of_odoo_becomes_one_line(name: str, message: str, sentence: str) -> None:
    text = str(refusal(OdooErrorAnswer(name, message, "ir.mail_server", "go"), Secrets()))
    assert sentence in text and "\n" not in text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("odoo.exceptions.UserError", "Object mail.alias.domain doesn't exist"),
        ("werkzeug.exceptions.NotFound", "the model 'mail.alias.domain' does not exist"),
    ],
)
def test_a_missing_model_is_recognised_in_both_protocols(name: str, message: str) -> None:
    assert isinstance(refusal(OdooErrorAnswer(name, message, "mail.alias.domain", "read"), Secrets()), NoSuchModel)
    other = refusal(OdooErrorAnswer(name, "read is not there", "mail.alias.domain", "read"), Secrets())
    assert isinstance(other, OdooRefusal)
    assert not isinstance(other, NoSuchModel)


def test_a_secret_that_odoo_repeats_is_hidden() -> None:
    secrets = Secrets()
    secrets.add(["correct horse", None, ""])
    answer = OdooErrorAnswer("odoo.exceptions.UserError", "Login with correct horse failed", "a", "b")
    text = str(refusal(answer, secrets))
    assert "horse" not in text and "********" in text


def test_a_secret_that_could_be_a_word_is_hidden_only_where_it_stands_alone() -> None:
    secrets = Secrets()
    secrets.add(["admin", "p4ss", "correcthorse"])
    assert secrets.scrub("Ask the administrator: 'admin' is wrong.") == "Ask the administrator: '********' is wrong."
    assert secrets.scrub("xp4ssx incorrecthorses") == "x********x in********s"


@pytest.mark.parametrize("url", ["", "erp.example.net", "ftp://erp.example.net", "https://user:secret@erp.example.net"])
def test_an_invalid_url_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(OdooError, match="is not the URL of an Odoo server") as error:
        OdooHttp(url, 60, True, None, Limit())
    assert "secret" not in str(error.value)


def test_the_url_of_a_browser_page_is_accepted() -> None:
    assert OdooHttp("https://erp.example.net/web/login", 60, True, None, Limit()).url == "https://erp.example.net"


def test_what_was_not_read_is_an_error_and_not_empty() -> None:
    snapshot = OdooSnapshot(19)
    for name in ("servers", "domains", "companies", "used_servers", "mail_installed"):
        with pytest.raises(NotRead, match=name):
            getattr(snapshot, name)
    with pytest.raises(NotRead, match="mail.default.from"):
        snapshot.parameter("mail.default.from")
    snapshot.servers, snapshot.parameters["mail.default.from"] = [], None
    assert snapshot.servers == [] and snapshot.parameter("mail.default.from") is None
    assert OdooSnapshot.servers.is_read(snapshot) and not OdooSnapshot.domains.is_read(snapshot)
