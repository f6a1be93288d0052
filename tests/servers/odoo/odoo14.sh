#!/usr/bin/env bash
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2154 # odoo-lib.sh uses and sets them
# Odoo 14 from Debian bullseye's package; see odoo-lib.sh for the commands.
VER=14
MODULES=mail,mass_mailing,fetchmail

requirements() { cat <<'R'
Babel==2.9.1
chardet==4.0.0
cryptography==3.4.8
decorator==4.4.2
docutils==0.16
feedparser==6.0.8
freezegun==1.1.0
gevent==21.12.0
html2text==2020.1.16
idna==2.10
Jinja2==2.11.3
libsass==0.22.0
lxml==4.9.4
Mako==1.1.6
MarkupSafe==1.1.1
num2words==0.5.9
passlib==1.7.4
Pillow==9.5.0
polib==1.1.1
psutil==5.9.8
psycopg2-binary==2.9.9
pydot==1.4.2
pyOpenSSL==20.0.1
PyPDF2==1.26.0
python-dateutil==2.8.1
python-stdnum==1.16
pytz==2025.2
qrcode==6.1
reportlab==3.6.13
requests==2.25.1
setuptools==65.5.1
six==1.16.0
urllib3==1.26.20
vobject==0.9.6.1
Werkzeug==1.0.1
xlrd==1.2.0
XlsxWriter==1.1.2
xlwt==1.3.0
zeep==4.0.0
R
}
fetch_source() { fetch_odoo bullseye odoo-14; }

# This Odoo needs Python 3.9: an installed one, else Debian bullseye's own, unpacked.
find_python() {
  local here=()
  # ODOO_NO_LOCAL_PYTHON=1 behaves as if none were installed
  if [ -z "${ODOO_NO_LOCAL_PYTHON:-}" ]; then
    mapfile -t here < <(pythons 3.9)
  fi
  first_working "${ODOO_PYTHON:-}" "${here[@]}" || unpack_python39
}

unpack_python39() {
  local d=$ROOT/python3.9 deb library
  if [ ! -e "$d/.done" ]; then
    download_debs bullseye "$ROOT/apt/python" python3.9 python3.9-minimal libpython3.9-minimal libpython3.9-stdlib \
      python3-distutils python3-lib2to3 libssl1.1 libffi7 libmpdec3 libsqlite3-0 libexpat1 libreadline8 \
      libtinfo6 libbz2-1.0 liblzma5 libuuid1 zlib1g libcrypt1 libnsl2 libtirpc3
    rm -rf "$d"; mkdir -p "$d/missing"
    for deb in "$ROOT"/apt/python/*.deb; do dpkg-deb -x "$deb" "$d"; done
    # the machine's own libraries go first: only what it no longer has comes from here
    find "$d/lib" "$d/usr/lib" -maxdepth 2 -name 'lib*.so.*' | while read -r library; do
      /sbin/ldconfig -p | grep -q "$(basename "$library")" || cp -L "$library" "$d/missing/"
    done
    touch "$d/.done"
  fi
  write_launcher "$d/python3.9" "$d/usr/bin/python3.9" "$d/usr/bin/python3.9"
  say "Python 3.9 unpacked" && echo "$d/python3.9"
}

# write_launcher FILE INTERPRETER NAME: starts it under that name, through which it finds its library
write_launcher() {
  rm -f "$1"
  printf '#!/bin/bash\nLD_LIBRARY_PATH=%s exec -a %s %s "$@"\n' "$ROOT/python3.9/missing" "$3" "$2" > "$1"
  chmod 755 "$1"
}

finish_venv() {
  case $1 in
    "$ROOT"/*) write_launcher "$ROOT/venv/bin/python" "$ROOT/python3.9/usr/bin/python3.9" "$ROOT/venv/bin/python" ;;
  esac
}

# shellcheck source-path=SCRIPTDIR source=odoo-lib.sh
. "$(dirname "$(readlink -f "$0")")/odoo-lib.sh"
