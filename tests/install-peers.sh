#!/usr/bin/env bash
# The programs that the tests talk to, and what Qt draws with, from Debian's packages. As root:
# installs what is missing. Otherwise: says what is missing; the tests that need it skip with that reason (in CI they fail).
set -euo pipefail

declare -A package_of=([storescu]=dcmtk [Orthanc]=orthanc [dciodvfy]=dicom3tools [rsyslogd]=rsyslog)
missing=()
for program in "${!package_of[@]}"; do
    PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null || missing+=("${package_of[$program]}")
done
[ -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ] || missing+=(orthanc-dicomweb)
compgen -G '/usr/lib/*/rsyslog/lmnsd_gtls.so' >/dev/null || missing+=(rsyslog-gnutls)
command -v promtool >/dev/null || missing+=(prometheus)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
declare -A library_of=([libEGL.so.1]=libegl1 [libGL.so.1]=libgl1 [libxkbcommon.so.0]=libxkbcommon0
    [libfontconfig.so.1]=libfontconfig1 [libdbus-1.so.3]=libdbus-1-3 [libglib-2.0.so.0]=libglib2.0-0
    [libX11.so.6]=libx11-6)
known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)
for library in "${!library_of[@]}"; do
    grep -qF "$library" <<<"$known" || missing+=("${library_of[$library]}")
done
[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing+=(fonts-dejavu-core)

[ "${#missing[@]}" -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "installing: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
else
    echo "missing peers, their tests will be skipped: ${missing[*]} (as root: apt install ${missing[*]})" >&2
fi
