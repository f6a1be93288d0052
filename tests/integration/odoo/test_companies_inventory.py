# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin odoo_companies, as ansible-inventory and as Ansible itself run it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.postmaster.mail.plugins.plugin_utils import last_rollout
from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase
from ansible_collections.postmaster.mail.tests.servers.odoo_stand_in import StandInDatabase
from ansible_collections.postmaster.mail.tests.support.inventories import Inventories

NAME = "postmaster.mail.odoo_companies"
SECRET = "very secret"
Parsed = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def inventories() -> Iterator[Inventories]:
    with Inventories() as process:
        yield process


@pytest.fixture
def parsed(inventories: Inventories) -> Parsed:
    """The groups and hosts of a file."""

    def parse(path: str, cache: bool = True, **environment: str) -> dict[str, Any]:
        answer = inventories.parse(NAME, path, cache, **environment)
        assert "error" not in answer, answer
        return answer

    return parse


@pytest.fixture
def refusal(inventories: Inventories) -> Callable[[str], str]:
    """The error of a file, which is one sentence or two."""

    def refused(path: str) -> str:
        text: str = inventories.parse(NAME, path)["error"]
        assert "\n" not in text and "Traceback" not in text and SECRET not in text
        return text

    return refused


def source(folder: Path, odoo: Any = None, **more: Any) -> str:
    path = folder / "test.odoo_companies.yml"
    path.write_text(yaml.safe_dump({"plugin": NAME, **({} if odoo is None else {"odoo": odoo}), **more}))
    return str(path)


def fill(odoo: OdooDatabase) -> None:
    """One company that is ready, two that share a domain, and one that has nothing."""
    country = odoo.client.search_read("res.country", [("code", "=", "BE")], ["id"])[0]["id"]
    ready, shared = odoo.client.create("mail.alias.domain", [{"name": "company-name.com"}, {"name": "shared.example"}])
    odoo.client.write("res.company", [1], {"alias_domain_id": shared})
    odoo.company("Company Name SA", alias_domain_id=ready, country_id=country, email="hello@company-name.com")
    odoo.company("Shop {{ 7 * 7 }}", alias_domain_id=shared)
    odoo.company("Nouvelle Société", alias_domain_id=False)
    odoo.create(
        "ir.mail_server", name="Relay", smtp_host="smtp.company-name.com", smtp_user="odoo", smtp_pass=SECRET,
        from_filter="company-name.com,shared.example",
    )  # fmt: skip


def test_the_companies_are_found_by_their_state_domain_and_country(
    odoo_since_17: OdooDatabase, tmp_path: Path, parsed: Parsed
) -> None:
    fill(odoo_since_17)
    inventory = parsed(source(tmp_path, odoo_since_17.options))
    hosts = inventory["hosts"]
    new = next(name for name in hosts if name.startswith("nouvelle-societe-"))
    shop = next(name for name in hosts if name.startswith("shop-7-7-"))
    assert inventory["groups"] == {
        "mail_setup_complete": ["company-name.com"],
        "mail_setup_partial": ["my-company-1", shop],
        "mail_setup_none": [new],
        "mail_domain_company_name_com": ["company-name.com"],
        "mail_domain_shared_example": ["my-company-1", shop],
        "country_be": ["company-name.com"],
    }
    variables = hosts["company-name.com"]
    assert (variables["odoo_company"], variables["odoo_country_code"]) == ("Company Name SA", "BE")
    assert variables["odoo_version"] == odoo_since_17.version
    assert variables["odoo_alias_domain"]["bounce_email"] == "bounce@company-name.com"
    assert [server["host"] for server in variables["odoo_outgoing_mail_servers"]] == ["smtp.company-name.com"]
    assert variables["odoo_mail_route"]["from_header"] == "hello@company-name.com"
    assert variables["odoo_mail_route"]["reply_to"] == "catchall@company-name.com"
    assert hosts[shop]["odoo_mail_setup_missing"] == ["It shares the domain shared.example with another company."]
    assert SECRET not in str(hosts)


def test_until_16_the_one_domain_is_that_of_the_parameters(
    odoo_until_16: OdooDatabase, tmp_path: Path, parsed: Parsed
) -> None:
    path = source(tmp_path, odoo_until_16.options)
    assert parsed(path)["groups"] == {"mail_setup_none": ["my-company-1"]}
    for key, value in {"mail.catchall.domain": "company-name.com", "mail.default.from": "notifications"}.items():
        odoo_until_16.client.call("ir.config_parameter", "set_param", key=key, value=value)
    assert parsed(path)["groups"] == {
        "mail_setup_complete": ["company-name.com"],
        "mail_domain_company_name_com": ["company-name.com"],
    }


def run(folder: Path, *arguments: str) -> str:
    """What ansible-inventory prints."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-inventory")), *arguments],
        env={**os.environ, "ANSIBLE_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert SECRET not in done.stdout + done.stderr
    return done.stdout + done.stderr


def test_ansible_inventory_shows_them(odoo19: OdooDatabase, tmp_path: Path) -> None:
    fill(odoo19)
    path = source(tmp_path, odoo19.options)
    graph = run(tmp_path, "-i", path, "--graph", "mail_setup_none")
    assert re.fullmatch(r"@mail_setup_none:\n  \|--nouvelle-societe-\d+\n", graph)
    hosts = json.loads(run(tmp_path, "-i", path, "--list"))["_meta"]["hostvars"]
    assert hosts["company-name.com"]["odoo_mail_setup"] == "complete"
    names = [variables["odoo_company"] for name, variables in hosts.items() if name.startswith("shop-")]
    assert names == [{"__ansible_unsafe": "Shop {{ 7 * 7 }}"}], "what people typed is no template"


# What one server tells as well as another


@pytest.fixture
def odoo(stand_in: Callable[..., StandInDatabase]) -> StandInDatabase:
    return stand_in(19)


def test_variables_and_groups_of_ones_own(
    odoo: StandInDatabase, tmp_path: Path, parsed: Parsed, refusal: Callable[[str], str]
) -> None:
    fill(odoo)
    more = {
        "compose": {"custom_domain_companies": "[odoo_company]", "missing": "nonsense.of.mine"},
        "groups": {"small": "odoo_company_id == 1"},
        "keyed_groups": [{"key": "odoo_mail_route.rule | default('no_route')", "prefix": "leaves_by"}],
    }
    inventory = parsed(source(tmp_path, odoo.options, strict=False, **more))
    assert inventory["hosts"]["company-name.com"]["custom_domain_companies"] == ["Company Name SA"]
    assert inventory["groups"]["small"] == ["my-company-1"]
    assert "company-name.com" in inventory["groups"]["leaves_by_from_domain"]
    assert "nonsense" in refusal(source(tmp_path, odoo.options, strict=True, **more))


def test_a_thousand_companies_take_nine_calls(odoo: StandInDatabase, tmp_path: Path, parsed: Parsed) -> None:
    names = [f"c{number}.example" for number in range(1000)]
    domains = odoo.client.create("mail.alias.domain", [{"name": name} for name in names])
    companies = [{"name": f"Of {key}", "alias_domain_id": key, "country_id": 1} for key in domains]
    odoo.client.create("res.company", companies)
    odoo.client.write("res.company", [1], {"alias_domain_id": False})  # the first domain went to it as well
    calls = odoo.server.database.calls
    calls.clear()
    groups = parsed(source(tmp_path, odoo.options))["groups"]
    assert groups["country_be"] == sorted(names) and "c7.example" in groups["mail_setup_complete"]
    assert sum(calls.values()) <= 9 and set(calls) == {"search_read", "fields_get"}


def cached(folder: Path) -> dict[str, Any]:
    return {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(folder / "cache")}


def test_the_cache_spares_the_calls_until_it_is_refreshed(
    odoo: StandInDatabase, tmp_path: Path, parsed: Parsed
) -> None:
    calls = odoo.server.database.calls
    path = source(tmp_path, odoo.options, **cached(tmp_path))
    first = parsed(path)
    odoo.company("Late SA")
    calls.clear()
    assert parsed(path) == first and not calls
    assert "late-sa-2" in parsed(path, cache=False)["groups"]["mail_setup_none"]
    calls.clear()
    assert "late-sa-2" in parsed(path)["hosts"] and not calls, "a refresh is kept"
    written = "".join(file.read_text() for file in (tmp_path / "cache").iterdir())
    assert "late-sa-2" in written and odoo.options["password"] not in written
    parsed(source(tmp_path, odoo.options))
    assert calls["search_read"], "the cache is used only if it is asked for"


def test_a_cache_that_is_older_than_the_last_rollout_says_so(
    odoo: StandInDatabase, tmp_path: Path, parsed: Parsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_HOME", str(tmp_path / "home"))
    path = source(tmp_path, odoo.options, **cached(tmp_path))
    warned = [listed(path, tmp_path) for dummy in range(2)]
    last_rollout.note({**odoo.options, "url": f"{odoo.url}/"})
    warned.append(listed(path, tmp_path))
    warned.append(listed(path, tmp_path, "--flush-cache"))
    assert ["is older than the last rollout" in text for text in warned] == [False, False, True, False], warned


def listed(path: str, folder: Path, *arguments: str) -> str:
    """What ansible-inventory says beside the hosts."""
    command = [str(Path(sys.executable).parent / "ansible-inventory"), "-i", path, "--graph", *arguments]
    environment = {**os.environ, "ANSIBLE_HOME": str(folder / "home")}
    return " ".join(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stderr.split())


def test_a_host_can_keep_its_name_when_its_company_gets_a_domain(
    odoo: StandInDatabase, tmp_path: Path, parsed: Parsed
) -> None:
    lasting = source(tmp_path, odoo.options, host_names="company")
    before = set(parsed(lasting)["hosts"])
    fill(odoo)
    after = parsed(lasting)["hosts"]
    assert before <= set(after)
    assert not [name for name in after if "." in name]
    assert "company-name.com" in [host["odoo_mail_domain"] for host in after.values()]


def test_another_user_has_another_cache(
    odoo: StandInDatabase, tmp_path: Path, parsed: Parsed, refusal: Callable[[str], str]
) -> None:
    parsed(source(tmp_path, odoo.options, **cached(tmp_path)))
    nobody = source(tmp_path, {**odoo.options, "username": "nobody"}, **cached(tmp_path))
    assert "the username, the password or the API key is wrong" in refusal(nobody)


def test_the_connection_comes_from_templates_and_the_environment(
    odoo: StandInDatabase, tmp_path: Path, parsed: Parsed
) -> None:
    mixed = {"url": odoo.url, "password": "{{ lookup('ansible.builtin.env', 'ERP_PASSWORD') }}"}
    who = {"ODOO_DATABASE": odoo.name, "ODOO_USERNAME": "admin"}
    assert parsed(source(tmp_path, mixed), ERP_PASSWORD="admin", **who)["hosts"]
    assert parsed(source(tmp_path), ODOO_URL=odoo.url, ODOO_PASSWORD="admin", **who)["hosts"]


def complete_slug(groups: Mapping[str, list[str]]) -> str:
    """The name after its company of the host that has a domain."""
    (name,) = groups["mail_domain_company_name_com"]
    assert "." not in name
    return name


def test_every_example_runs(odoo: StandInDatabase, tmp_path: Path, parsed: Parsed) -> None:
    fill(odoo)
    environment = {f"ODOO_{name.upper()}": value for name, value in odoo.options.items()}
    text = (Path(__file__).parents[3] / "plugins" / "inventory" / "odoo_companies.py").read_text("utf-8")
    for example in yaml.safe_load_all(text.split('EXAMPLES = r"""')[1].split('"""')[0]):
        if "odoo" in example:
            example["odoo"].update(url=odoo.url, database=odoo.name)
        if "cache_connection" in example:
            example["cache_connection"] = str(tmp_path / example["cache_connection"])
        path = tmp_path / "odoo_companies.yml"
        path.write_text(yaml.safe_dump(example))
        groups = parsed(str(path), ERP_KEY=odoo.api_key(), **environment)["groups"]
        name = "company-name.com" if "host_names" not in example else complete_slug(groups)
        assert groups["mail_setup_complete"] == [name], example
    assert groups["custom_domains"] == [name]
    assert groups["leaves_by_no_route"] == groups["mail_setup_none"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": None}, "missing required arguments: url"),
        ({"url": "erp.example.net"}, "odoo.url 'erp.example.net' is not the URL of an Odoo server"),
        ({"password": None}, "one of the following is required: password, api_key"),
        ({"password": SECRET}, "the username, the password or the API key is wrong"),
        ({"database": "nowhere"}, "has no database 'nowhere'"),
        ({"username": None}, "needs odoo.username"),
        ({"nope": 1}, "nope"),
        ({"timeout": "soon"}, "timeout"),
    ],
)
def test_bad_input_gets_one_sentence(
    odoo: StandInDatabase, tmp_path: Path, refusal: Callable[[str], str], options: dict[str, Any], message: str
) -> None:
    given = {name: value for name, value in {**odoo.options, **options}.items() if value is not None}
    assert message in refusal(source(tmp_path, given))


def test_a_user_without_the_right_is_told_which(
    odoo: StandInDatabase, tmp_path: Path, refusal: Callable[[str], str]
) -> None:
    assert "base.group_system" in refusal(source(tmp_path, odoo.user("clerk")))


def test_an_odoo_that_is_gone_is_told_by_ansible_inventory(tmp_path: Path, free_port: Callable[[], int]) -> None:
    options = {"url": f"http://127.0.0.1:{free_port()}", "database": "x", "username": "x", "password": SECRET}
    said = run(tmp_path, "-i", source(tmp_path, options), "--list")
    assert "cannot be reached: the connection was refused." in " ".join(said.split())


def test_other_files_are_for_other_plugins(odoo: StandInDatabase, tmp_path: Path, inventories: Inventories) -> None:
    text = Path(source(tmp_path, odoo.options)).read_text("utf-8")
    for name, is_ours in {"odoo_companies.yaml": True, "x.odoo_companies.yml": True, "companies.yml": False}.items():
        (tmp_path / name).write_text(text)
        assert ("hosts" in inventories.parse(NAME, str(tmp_path / name))) is is_ours
