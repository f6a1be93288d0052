# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the DNS modules say which account or server holds a zone, and what a domain needs."""

from __future__ import annotations

import textwrap


class ModuleDocFragment:
    _DNS = r"""
type: dict
description:
  - The account or server that holds the zone. Set it once for all modules with C(module_defaults) and the action group
    C(postmaster.mail.dns).
suboptions:
  provider:
    description:
      - Where the zone is.
      - V(zone_file) edits master files on the host that runs the module, V(rfc2136) sends dynamic updates to a name
        server (BIND, Knot and others), V(powerdns) uses the HTTP API of PowerDNS.
      - V(cloudflare) is Cloudflare. It needs the Python package C(cloudflare).
      - V(route53) is Amazon Route 53. It needs the Python package C(boto3).
      - V(ovh) is the API of OVHcloud.
      - V(google_cloud_dns) is Google Cloud DNS. It needs the Python package C(google-auth).
      - V(azure_dns) is Azure DNS.
      - V(godaddy) is GoDaddy.
      - V(namecheap) is Namecheap.
      - V(manual) is for DNS that someone else manages. It writes nothing and returns the records that somebody has to
        enter.
    type: str
    required: true
    choices: [zone_file, rfc2136, powerdns, cloudflare, route53, ovh, google_cloud_dns, azure_dns, godaddy, namecheap,
      manual]
  endpoint:
    description: Base URL of the provider's HTTP API, if it has no fixed one or is a private installation.
    type: str
  validate_certs:
    description: Whether the TLS certificate of the API must be valid.
    type: bool
    default: true
  ca_path:
    description: A file with the certificate authorities to trust instead of the system's own.
    type: path
  timeout:
    description: Seconds to wait for the answer to a request.
    type: float
    default: 30.0
  max_answer_size:
    description: The most megabytes that an answer may have. A larger one is refused.
    type: int
    default: 32
  rate_limit:
    description:
      - The most requests per second to send to a vendor's API, over all zones of the account.
      - By default 80 % of what the vendor allows, because dashboards and other tools share the limit.
      - It has no effect on providers without such a limit.
    type: float
  backup:
    description:
      - With V(true), each write first saves to a file what it replaces.
      - M(postmaster.mail.dns_restore) restores it.
    type: bool
    default: false
  backup_directory:
    description:
      - Where to save these files, on the host that runs the module.
      - Ansible also reads a directory beside an inventory as inventory, unless its name begins with a dot.
    type: path
    default: .postmaster/backups
  directory:
    description: With V(zone_file), the directory that has a file C(<zone>.zone) for each zone.
    type: path
  file:
    description: With V(zone_file), the file of the zone, instead of C(dns.directory).
    type: path
  include_directory:
    description:
      - With V(zone_file), the directory of the files that C($INCLUDE) names without a leading slash, in which
        C(dns.validate) and C(dns.reload) run. In BIND's options it is C(directory).
      - By default it is the directory of the zone file, or the one above it if the included file is there.
    type: path
  validate:
    description:
      - With V(zone_file), a command that accepts or refuses the new file before it replaces the old one, such as
        V(named-checkzone {zone} {file}). It runs without a shell.
    type: str
  reload:
    description: With V(zone_file), a command to run after a write, such as V(rndc reload {zone}). It runs without a
      shell.
    type: str
  server:
    description: With V(rfc2136), the name or address of the primary server.
    type: str
  port:
    description: With V(rfc2136), its port, by default 53.
    type: int
  key_name:
    description: With V(rfc2136), the name of the TSIG key.
    type: str
  key_secret:
    description:
      - With V(rfc2136), the secret of the TSIG key, in base64.
      - If not set, the environment variable E(RFC2136_TSIG_SECRET) is used.
    type: str
  key_algorithm:
    description: With V(rfc2136), the algorithm of the TSIG key, by default V(hmac-sha256).
    type: str
    choices: [hmac-sha256, hmac-sha384, hmac-sha512, hmac-sha224, hmac-sha1, hmac-md5]
  api_key:
    description:
      - With V(powerdns), V(godaddy) and V(namecheap), the key of the API.
      - If not set, the environment variable E(PDNS_API_KEY) is used with V(powerdns), E(GODADDY_API_KEY) with
        V(godaddy), and E(NAMECHEAP_API_KEY) with V(namecheap).
    type: str
  server_id:
    description: With V(powerdns), the name of the server behind the API, by default V(localhost).
    type: str
  api_secret:
    description:
      - With V(godaddy), the secret of O(dns.api_key).
      - If not set, the environment variable E(GODADDY_API_SECRET) is used.
    type: str
  access_token:
    description:
      - With V(godaddy), a personal access token with the scopes C(domains.domain:read) and C(domains.dns:update),
        instead of O(dns.api_key) and O(dns.api_secret). It uses the newer of the two APIs.
      - If not set, the environment variable E(GODADDY_PAT) is used.
    type: str
  api_user:
    description:
      - With V(namecheap), the user that O(dns.api_key) belongs to.
      - If not set, the environment variable E(NAMECHEAP_API_USER) is used.
    type: str
  username:
    description:
      - With V(namecheap), the user who owns the domains, by default O(dns.api_user).
      - If not set, the environment variable E(NAMECHEAP_USERNAME) is used.
    type: str
  client_ip:
    description:
      - With V(namecheap), the IPv4 address that requests come from. It must be in the allow-list of the account.
      - If not set, the environment variable E(NAMECHEAP_CLIENT_IP) is used.
    type: str
  delete_host_records:
    description:
      - With V(namecheap), writes to a zone even if that deletes its SRV records, which the API does not show. A warning
        lists them.
    type: bool
  api_token:
    description:
      - With V(cloudflare), an API token with the permissions Zone:Read and DNS:Edit for the zones.
      - If not set, the environment variable E(CLOUDFLARE_API_TOKEN) is used.
    type: str
  account_id:
    description:
      - With V(cloudflare), the id of the account, if the token can see zones of the same name in several accounts.
      - If not set, the environment variable E(CLOUDFLARE_ACCOUNT_ID) is used.
    type: str
  access_key:
    description:
      - With V(route53), the id of the access key.
      - Without it boto3 looks for credentials as all AWS tools do, first in the environment variables
        E(AWS_ACCESS_KEY_ID), E(AWS_SECRET_ACCESS_KEY) and E(AWS_SESSION_TOKEN), then in the profile, then in the
        machine's own role.
    type: str
  secret_key:
    description: With V(route53), the secret of O(dns.access_key).
    type: str
  session_token:
    description: With V(route53), the session token of temporary credentials, in addition to O(dns.access_key).
    type: str
  profile:
    description:
      - With V(route53), the profile from the AWS configuration files to use. It may assume a role.
      - If not set, boto3 uses the environment variable E(AWS_PROFILE).
    type: str
  zone_id:
    description:
      - With V(route53), the id of the hosted zone, such as V(Z0123456789ABCDEFGHIJ).
      - It is needed if several zones have the same name, or if the credentials cannot list zones.
      - With V(google_cloud_dns), the name of the managed zone, if several have the same DNS name.
    type: str
  private_zone:
    description:
      - With V(route53) and V(google_cloud_dns), whether to use private zones instead of public ones, by default
        V(false).
      - It has no effect with O(dns.zone_id).
    type: bool
  wait_insync:
    description:
      - With V(route53), whether to wait after a write until all name servers of Route 53 have it, by default V(false).
    type: bool
  project:
    description:
      - With V(google_cloud_dns), the id of the project that holds the zones.
      - If not set, the environment variable E(GOOGLE_CLOUD_PROJECT) is used, else the project of the credentials.
    type: str
  service_account_json:
    description:
      - With V(google_cloud_dns), the key of a service account, as the content of the file from
        Google.
      - Without it and O(dns.service_account_file), the module uses the application default credentials of the host that
        runs it, from C(gcloud auth application-default login) or from the metadata server.
    type: json
  service_account_file:
    description:
      - With V(google_cloud_dns), a file with such a key on the host that runs the module, instead of
        O(dns.service_account_json).
      - If not set, the environment variable E(GOOGLE_APPLICATION_CREDENTIALS) is used.
    type: path
  subscription_id:
    description:
      - With V(azure_dns), the id of the subscription that holds the zones.
      - If not set, the environment variable E(AZURE_SUBSCRIPTION_ID) is used.
    type: str
  resource_group:
    description:
      - With V(azure_dns), the resource group that holds the zones.
      - Without it the zones of the whole subscription are listed, which costs one more request.
    type: str
  tenant_id:
    description:
      - With V(azure_dns), the id of the tenant (directory) that O(dns.client_id) belongs to.
      - If not set, the environment variable E(AZURE_TENANT_ID) is used.
    type: str
  client_id:
    description:
      - With V(azure_dns), the id of the application (service principal) that signs in with O(dns.client_secret).
      - Without O(dns.client_secret), the id of the managed identity, if the machine has several.
      - If not set, the environment variable E(AZURE_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - With V(azure_dns), the secret of the application.
      - If not set, the environment variable E(AZURE_CLIENT_SECRET) is used.
      - Without it, the managed identity of the machine or the sign-in of the Azure CLI is used, which needs the Python
        package C(azure-identity).
    type: str
  authority:
    description:
      - With V(azure_dns), the host that issues tokens, by default V(login.microsoftonline.com).
      - National clouds have their own, such as V(login.chinacloudapi.cn), and also need O(dns.endpoint), such as
        V(https://management.chinacloudapi.cn).
      - If not set, the environment variable E(AZURE_AUTHORITY_HOST) is used.
    type: str
  application_key:
    description:
      - With V(ovh), the key of the application.
      - If not set, the environment variable E(OVH_APPLICATION_KEY) is used.
    type: str
  application_secret:
    description:
      - With V(ovh), the secret of the application.
      - If not set, the environment variable E(OVH_APPLICATION_SECRET) is used.
    type: str
  consumer_key:
    description:
      - With V(ovh), the key that gives the application access to the account. It needs GET, POST, PUT and DELETE on
        C(/domain/zone/*).
      - If not set, the environment variable E(OVH_CONSUMER_KEY) is used.
    type: str
  region:
    description:
      - With V(ovh), where the account is. The keys of one region are not valid in another.
      - If not set, the environment variable E(OVH_ENDPOINT) is used, else V(ovh-eu).
    type: str
    choices: [ovh-eu, ovh-ca, ovh-us]
"""

    _ZONE = r"""
type: str
description: >-
  The zone to write to, used as it is. By default each record goes into the closest zone of the account that encloses
  its name, such as V(_dmarc.company-name.com).
"""

    _REQUIREMENTS = r"""
requirements:
  - dnspython >= 2.3
  - idna, for internationalised names
  - requests, for providers with an HTTP API
attributes:
  check_mode:
    support: full
    description: Predicts what the same call would do and changes nothing.
  diff_mode:
    support: full
    description: Shows each record set that changes, value by value.
  idempotent:
    support: full
    description: A second run changes and writes nothing.
"""

    DOCUMENTATION: str = (
        "options:\n  dns:\n    required: true\n"
        + textwrap.indent(_DNS.strip(), "    ")
        + "\n  zone:\n"
        + textwrap.indent(_ZONE.strip(), "    ")
        + _REQUIREMENTS
    )
