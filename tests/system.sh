#!/bin/sh
# MariaDB for the tests of the records, Chromium for the tests of the pages, libatomic for what drives it, libgomp for learning.  They are
# installed where there is root and apt-get; elsewhere one line says what to run, and the tests that need them are counted at the end.
# `now` (make system) also takes sudo.
set -u

missing=
command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ] || missing="$missing mariadb-server"
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="$missing chromium"
libraries=$(ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null) # none where the system has no such list: macOS
for library in libatomic libgomp; do
    case $libraries in "" | *"$library.so.1"*) ;; *) missing="$missing ${library}1" ;; esac
done
[ -n "$missing" ] || exit 0

as=
if [ "${1:-}" != now ] && { [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; }; then
    echo "without$missing some tests are skipped: make system"
    exit 0
elif ! command -v apt-get >/dev/null; then
    echo "install$missing by your system's own means, so that mariadbd and chromium are on the path" >&2
    exit 1
elif [ "$(id -u)" != 0 ]; then
    as=sudo
fi

echo "installing$missing by apt-get, which some tests need"
log=$(mktemp)
# A package's own start of the service may fail in a container; the tests start their own.
policy=/usr/sbin/policy-rc.d
if [ -z "$as" ] && [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
if $as apt-get -qq update >"$log" 2>&1 &&
    $as env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >>"$log" 2>&1; then
    rm -f "$log"
    exit 0
fi
tail -n 3 "$log"
echo "could not install$missing (all of it: $log); the tests that need them are skipped"
[ "${1:-}" != now ] && [ -z "${CI:-}" ]
