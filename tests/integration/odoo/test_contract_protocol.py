# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an Odoo answers: the protocols and their refusals, on the stand-in and on the real servers alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import RealDatabase
from ansible_collections.postmaster.mail.tests.simulators.odoo import record, schema
from ansible_collections.postmaster.mail.tests.support.odoo_rpc import Json2, Refused, Rpc

SERVER = "ir.mail_server"


@pytest.fixture
def rpc(shared_odoo: OdooDatabase) -> Rpc:
    return Rpc(shared_odoo.version, shared_odoo.options)


def refused(call: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value


def test_the_version_is_told_to_anyone(shared_odoo: OdooDatabase, rpc: Rpc) -> None:
    version = rpc.ask("common", "version")
    assert version["server_version_info"] == [shared_odoo.version, 0, 0, "final", 0, ""]
    assert version["server_serie"] == f"{shared_odoo.version}.0"
    # of the other versions there are builds that say when they were made
    dated = shared_odoo.version in (15, 16)
    assert re.fullmatch(f"{shared_odoo.version}.0" + ("-20[0-9]{6}" if dated else ""), version["server_version"])


def test_a_login_gives_a_number_or_false(rpc: Rpc) -> None:
    assert rpc.uid == 2
    assert rpc.ask("common", "login", rpc.database, "admin", "wrong") is False
    assert rpc.ask("common", "login", rpc.database, "nobody", "admin") is False
    assert rpc.ask("common", "login", rpc.database, "__system__", "admin") is False, "OdooBot cannot log in"
    missing = refused(lambda: rpc.ask("common", "login", "nowhere", "admin", "admin"))
    assert missing.name == "OperationalError" and 'database "nowhere" does not exist' in missing.message
    assert refused(lambda: rpc.ask("common", "nonsense")).message == "Method not found: nonsense"


def test_every_call_shows_who_calls(shared_odoo: OdooDatabase, rpc: Rpc) -> None:
    stranger = Rpc(shared_odoo.version, {**shared_odoo.options, "password": "wrong"})
    denied = refused(lambda: stranger(SERVER, "search", [], uid=2))
    assert (denied.name, denied.message) == ("AccessDenied", "Access Denied")
    assert refused(lambda: rpc(SERVER, "search", [], uid=9999)).name == "MissingError"


def test_an_archived_user_is_denied(shared_odoo: OdooDatabase, rpc: Rpc) -> None:
    leaver = Rpc(shared_odoo.version, shared_odoo.user("leaver"))
    assert leaver("res.users", "context_get")
    rpc("res.users", "write", [leaver.uid], {"active": False})
    assert refused(lambda: leaver("res.users", "context_get")).name == "AccessDenied"


def test_an_error_has_the_shape_of_its_version(shared_odoo: OdooDatabase, rpc: Rpc) -> None:
    error = refused(lambda: rpc("no.model", "search", []))
    assert error.code == (0 if shared_odoo.version >= 19 else 200) and error.text == "Odoo Server Error"
    assert sorted(error.data) == ["arguments", "context", "debug", "message", "name"]
    assert error.data["name"] == "odoo.exceptions.UserError" and error.message == "Object no.model doesn't exist"
    assert error.data["debug"].startswith("Traceback")


def test_a_method_that_cannot_be_called_is_told_apart(rpc: Rpc) -> None:
    assert refused(lambda: rpc("res.users", "nonsense", [1])).name == "AttributeError"
    private = refused(lambda: rpc("res.users", "_login", [1]))
    assert private.name == "AccessError" and "Private methods" in private.message
    unexpected = refused(lambda: rpc(SERVER, "search_read", nope=1))
    assert unexpected.name == "TypeError" and "unexpected keyword argument 'nope'" in unexpected.message


def test_a_value_that_cannot_be_is_a_value_error(rpc: Rpc) -> None:
    server = {"name": "x", "smtp_host": "x"}
    for method, arguments, message in (
        ("create", [{**server, "smtp_encryption": "tls"}], "Wrong value for ir.mail_server.smtp_encryption: 'tls'"),
        ("create", [{**server, "smtp_port": "abc"}], "invalid literal for int() with base 10"),
        ("create", [{**server, "nope": 1}], "Invalid field 'nope' "),
        ("write", [[1], {"nope": 1}], "Invalid field 'nope' "),
        ("search", [[["nope", "=", 1]]], "Invalid field ir.mail_server.nope in "),
        ("search", [[["name", "~", 1]]], "Invalid "),
        ("search", [[], 0, 1, "nope"], "Invalid field 'nope' on model 'ir.mail_server'"),
    ):
        with pytest.raises(Refused) as caught:
            rpc(SERVER, method, *arguments)
        assert caught.value.name == "ValueError" and caught.value.message.startswith(message)


def test_an_unknown_field_cannot_be_read(shared_odoo: OdooDatabase, rpc: Rpc) -> None:
    rpc(SERVER, "create", {"name": "x", "smtp_host": "x"})
    error = refused(lambda: rpc(SERVER, "search_read", [], ["nope"]))
    assert error.name == "ValueError" and error.message.startswith("Invalid field 'nope' on ")
    if shared_odoo.version <= 14:
        assert rpc(SERVER, "search_read", [["id", "=", 0]], ["nope"]) == [], "it is noticed late"


def test_what_is_required_is_named(shared_odoo: OdooDatabase, rpc: Rpc) -> None:
    for model, values, field in (
        (SERVER, {"smtp_host": "x"}, "(name)"),
        ("res.company", {"email": "a@b.example"}, "(name)"),
        ("ir.config_parameter", {"key": "a.b"}, "(value)"),
    ):
        error = refused(lambda model=model, values=values: rpc(model, "create", values))  # type: ignore[misc]
        assert error.name == "ValidationError" and field in error.message and f"({model})" in error.message
    if shared_odoo.version <= 16:
        assert "(smtp_host)" in refused(lambda: rpc(SERVER, "create", {"name": "x"})).message
    else:
        assert rpc(SERVER, "create", {"name": "x"}) > 0


def test_a_record_that_is_not_there_is_changed_without_a_word(rpc: Rpc) -> None:
    assert rpc(SERVER, "write", [99999], {"name": "q"}) is True
    assert rpc(SERVER, "unlink", [99999]) is True
    assert rpc(SERVER, "write", [], {"name": "q"}) is True
    assert rpc(SERVER, "read", [99999], ["name"]) == []


def test_one_call_is_one_transaction(rpc: Rpc) -> None:
    good, bad = {"name": "good", "smtp_host": "x"}, {"name": "bad", "smtp_host": "x", "smtp_encryption": "tls"}
    refused(lambda: rpc(SERVER, "create", [good, bad]))
    assert rpc(SERVER, "search", [["name", "=", "good"]]) == []
    first, second = rpc(SERVER, "create", [good, {**good, "name": "another"}])
    refused(lambda: rpc("res.company", "create", [{"name": "Twice"}, {"name": "Twice"}]))
    assert rpc("res.company", "search", [["name", "=", "Twice"]]) == []
    assert [row["name"] for row in rpc(SERVER, "read", [first, second], ["name"])] == ["good", "another"]


def test_an_external_id_stays_with_its_model(shared_odoo: OdooDatabase, rpc: Rpc) -> None:
    for model, taken in (("res.partner", False), ("res.company", True)):
        answer = rpc(model, "load", ["id", "name"], [["postmaster.one", f"One {model}"]])
        if taken and shared_odoo.version >= 17:
            assert answer["ids"] is False
            assert "found record of different model res.partner" in answer["messages"][0]["message"]
        else:
            assert len(answer["ids"]) == 1


def test_domains_and_orders_are_understood(shared_odoo: OdooDatabase, rpc: Rpc) -> None:
    values = [("Alpha", 5, "a"), ("beta", 5, False), ("Gamma", 1, "")]
    ids = rpc(SERVER, "create", [{"name": n, "sequence": s, "smtp_host": "h", "smtp_user": u} for n, s, u in values])
    rpc(SERVER, "write", [ids[2]], {"active": False})

    def names(domain: list[Any], **more: Any) -> list[str]:
        return [row["name"] for row in rpc(SERVER, "search_read", [["id", "in", ids], *domain], ["name"], **more)]

    everyone = {"context": {"active_test": False}}
    assert sorted(names([])) == ["Alpha", "beta"]
    assert sorted(names([], **everyone)) == ["Alpha", "Gamma", "beta"]
    assert names([["active", "=", False]]) == ["Gamma"]
    assert sorted(names([["active", "in", [True, False]]])) == ["Alpha", "Gamma", "beta"]
    assert names([["name", "ilike", "BET"]]) == ["beta"] and names([["name", "like", "BET"]]) == []
    assert names([["name", "=ilike", "alpha"]]) == ["Alpha"]
    assert names(["|", ["name", "=", "beta"], ["sequence", "<", 3]], order="name", **everyone) in (
        ["Gamma", "beta"], ["beta", "Gamma"],
    )  # fmt: skip
    assert names(["!", ["name", "=", "beta"]]) == ["Alpha"]
    assert names([["name", "!=", "beta"], ["sequence", ">=", 5]]) == ["Alpha"]
    empty = ["beta", "Gamma"] if shared_odoo.version >= 18 else ["beta"]
    assert names([["smtp_user", "=", False]], order="sequence desc, id", **everyone) == empty, "'' is not always False"
    assert names([], order="id desc", limit=2, offset=1, **everyone) == ["beta", "Alpha"]
    assert rpc(SERVER, "search_count", [["id", "in", ids]]) == 2
    assert rpc("res.users", "search", [["company_id.name", "=", "My Company"], ["login", "=", "admin"]]) == [2]


def test_a_fresh_database_holds_what_it_holds(odoo: OdooDatabase) -> None:
    rpc = Rpc(odoo.version, odoo.options)
    assert rpc("res.company", "search_read", [], ["name", "email"]) == [{"id": 1, "name": "My Company", "email": False}]
    users = rpc("res.users", "search_read", [["id", "<", 3]], ["login", "name", "active"], order="id",
                context={"active_test": False})  # fmt: skip
    assert users == [
        {"id": 1, "login": "__system__", "name": "OdooBot", "active": False},
        {"id": 2, "login": "admin", "name": "Administrator", "active": True},
    ]
    email = False if odoo.version >= 19 else "admin@example.com"
    assert rpc("res.users", "read", [2], ["email"]) == [{"id": 2, "email": email}]
    for model in (SERVER, "fetchmail.server", "mailing.mailing"):
        assert rpc(model, "search_count", []) == 0
    mail = {row["key"]: row["value"] for row in rpc("ir.config_parameter", "search_read", [["key", "like", "mail."]])}
    if odoo.version <= 16:
        assert (mail["mail.catchall.alias"], mail["mail.bounce.alias"]) == ("catchall", "bounce")
    else:
        assert "mail.catchall.alias" not in mail and rpc("mail.alias.domain", "search_count", []) == 0
    assert rpc("ir.config_parameter", "get_param", "database.is_neutralized") is False


@pytest.mark.parametrize("version", [14, 19])
def test_the_recorded_fields_are_those_of_the_real_server(version: int, request: pytest.FixtureRequest) -> None:
    database: RealDatabase = request.getfixturevalue(f"real_odoo{version}")
    rpc = Rpc(version, database.options)
    for model, recorded in schema.recorded(version).items():
        kept = record.MODELS[model]
        assert record.trimmed(rpc(model, "fields_get"), kept) == recorded, model


# JSON-2


@pytest.fixture(scope="module")
def json2(shared_odoo19: OdooDatabase) -> Json2:
    return Json2(shared_odoo19.options, shared_odoo19.api_key())


def test_json_2_takes_named_arguments_and_answers_with_ids(json2: Json2) -> None:
    status, created = json2(f"{SERVER}/create", {"vals_list": [{"name": "a"}, {"name": "b"}]})
    assert status == 200 and len(created) == 2
    assert json2(f"{SERVER}/create", {"vals_list": {"name": "c"}})[1] == [created[1] + 1]
    assert json2(f"{SERVER}/write", {"ids": created, "vals": {"active": False}}) == (200, True)
    assert json2(f"{SERVER}/search", {"domain": [["id", "in", created]]}) == (200, [])
    shown = {"domain": [["id", "in", created]], "fields": ["name"], "context": {"active_test": False}}
    rows = [{"id": key, "name": name} for key, name in zip(created, "ab", strict=True)]
    assert json2(f"{SERVER}/search_read", shown) == (200, rows)
    assert json2(f"{SERVER}/fields_get", {"allfields": ["name"], "attributes": ["type"]})[1] == {
        "name": {"type": "char"}
    }
    assert json2("ir.config_parameter/set_param", {"key": "x.y", "value": "1"}) == (200, False)
    assert json2("ir.config_parameter/get_param", {"key": "x.y"}) == (200, "1")
    assert json2("res.users/context_get")[1]["uid"] == 2


def test_json_2_says_what_is_wrong(json2: Json2) -> None:
    for method, body, status, name, message in (
        ("create", {"vals_list": [{"smtp_host": "x"}]}, 422, "ValidationError", "(name)"),
        ("create", {"vals_list": [{"name": "x", "nope": 1}]}, 500, "ValueError", "Invalid field 'nope'"),
        ("write", {"ids": [1]}, 422, "UnprocessableEntity", "missing a required argument: 'vals'"),
        (
            "search",
            {"domain": [], "ids": [1]},
            422,
            "UnprocessableEntity",
            "cannot call ir.mail_server.search with ids",
        ),
        ("nonsense", {}, 404, "NotFound", "The method 'ir.mail_server.nonsense' does not exist"),
        ("_find_mail_server", {}, 403, "AccessError", "Private methods"),
        ("search", "{bad", 400, "BadRequest", "could not parse the body as json"),
    ):
        code, error = json2(f"{SERVER}/{method}", body, Content_Type="application/json")
        assert (code, error["name"].rpartition(".")[2]) == (status, name), json.dumps(error)
        assert message in error["message"] and sorted(error) == ["arguments", "context", "debug", "message", "name"]
    code, error = json2("no.model/search", {"domain": []})
    assert (code, error["message"]) == (404, "the model 'no.model' does not exist")


def test_json_2_wants_a_key_a_database_and_json(json2: Json2) -> None:
    path = f"{SERVER}/search"
    code, error = json2(path, {"domain": []}, Authorization="bearer wrong")
    assert (code, error["message"]) == (401, "Invalid apikey")
    assert json2(path, {"domain": []}, Authorization=None)[0] == 401
    assert json2(path, {"domain": []}, X_Odoo_Database="nowhere") == (404, None)
    assert json2(path, {"domain": []}, X_Odoo_Database=None) == (404, None), "this server has several databases"
    assert json2(path, "{}", Content_Type="text/plain") == (415, None)
