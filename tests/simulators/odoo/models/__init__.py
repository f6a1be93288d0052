# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The models that do more than store records; all others only store them."""

from __future__ import annotations

from .alias import Alias
from .alias_domain import AliasDomain
from .base import Model
from .company import Company
from .fetchmail import FetchmailServer
from .mail_server import MailServer
from .mailing import Mailing, Template
from .module import Module
from .parameter import Parameter
from .settings import Settings
from .user import Data, Partner, User

_MODELS: dict[str, type[Model]] = {
    "ir.config_parameter": Parameter,
    "ir.mail_server": MailServer,
    "ir.model.data": Data,
    "ir.module.module": Module,
    "fetchmail.server": FetchmailServer,
    "mail.alias": Alias,
    "mail.alias.domain": AliasDomain,
    "mail.template": Template,
    "mailing.mailing": Mailing,
    "res.company": Company,
    "res.config.settings": Settings,
    "res.partner": Partner,
    "res.users": User,
}


def model_of(name: str) -> Model:
    return _MODELS.get(name, Model)(name)
