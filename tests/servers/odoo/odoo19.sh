#!/usr/bin/env bash
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2154 # odoo-lib.sh uses and sets them
# Odoo 19 from Debian sid's package; see odoo-lib.sh for the commands.
VER=19
MODULES=mail,mass_mailing,google_gmail,microsoft_outlook,rpc
WITHOUT_DEMO=True
EXTRA_CONF="skip_auto_install = True"
[ "${ODOO_AUTO:-0}" = 1 ] && EXTRA_CONF=

requirements() { cat <<'R'
asn1crypto==1.5.1
Babel==2.17.0
beautifulsoup4==4.12.3
cbor2==5.6.5
chardet==5.2.0
cryptography==42.0.8
docutils==0.20.1
freezegun==1.5.1
geoip2==2.9.0
idna==3.6
Jinja2==3.1.6
libsass==0.22.0
lxml==5.2.1
lxml-html-clean==0.4.2
MarkupSafe==2.1.5
num2words==0.5.13
openpyxl==3.1.2
passlib==1.7.4
Pillow==11.1.0
polib==1.1.1
psutil==5.9.8
psycopg2-binary==2.9.9
pyOpenSSL==24.1.0
PyPDF2==2.12.1
python-dateutil==2.8.2
python-stdnum==1.19
pytz==2025.2
qrcode==7.4.2
reportlab==4.1.0
requests==2.31.0
rjsmin==1.2.0
urllib3==2.0.7
vobject==0.9.6.1
Werkzeug==3.0.1
XlsxWriter==3.1.9
R
}
fetch_source() { fetch_odoo sid odoo-19; }
# the pinned wheels exist for these versions
find_python() {
  first_working "${ODOO_PYTHON:-}" python3.11 python3.12 python3 \
    || die "Python 3.11 or 3.12 with its venv module is missing: install python3 and python3-venv"
}

# shellcheck source-path=SCRIPTDIR source=odoo-lib.sh
. "$(dirname "$(readlink -f "$0")")/odoo-lib.sh"
