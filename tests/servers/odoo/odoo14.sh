#!/bin/bash
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
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

# This Odoo needs Python 3.9: one that is here, else Debian bullseye's own, unpacked.
find_python() {
  # a version manager keeps the real interpreters apart from its shims
  first_working "${ODOO_PYTHON:-}" $([ -n "${ODOO_NO_LOCAL_PYTHON:-}" ] || ls -d \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.9*/bin/python3.9 \
    "$HOME"/.local/share/uv/python/cpython-3.9*/bin/python3.9 2>/dev/null) \
    $([ -n "${ODOO_NO_LOCAL_PYTHON:-}" ] || echo python3.9) \
    || unpack_python39
}

unpack_python39() {
  local d=$ROOT/python3.9 lib deb
  if [ ! -e "$d/.done" ]; then
    download_debs bullseye python python3.9 python3.9-minimal libpython3.9-minimal libpython3.9-stdlib \
      python3-distutils python3-lib2to3 libssl1.1 libffi7 libmpdec3 libsqlite3-0 libexpat1 libreadline8 \
      libtinfo6 libbz2-1.0 liblzma5 libuuid1 zlib1g libcrypt1 libnsl2 libtirpc3
    rm -rf "$d"; mkdir -p "$d"
    for deb in "$ROOT"/apt/python/*.deb; do dpkg-deb -x "$deb" "$d"; done
    touch "$d/.done"
  fi
  # the libraries that the machine no longer has are found beside it, in every process of it
  lib=$(dirname "$(find "$d" -name 'libssl.so.1.1' | head -1)")
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$lib:$d/lib/$(basename "$lib")" "$d/usr/bin/python3.9" > "$d/python3.9"
  chmod 755 "$d/python3.9"
  say "Python 3.9 unpacked" && echo "$d/python3.9"
}

. "$(dirname "$(readlink -f "$0")")/odoo-lib.sh"
