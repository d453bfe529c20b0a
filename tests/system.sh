#!/bin/sh
# MariaDB for the tests of the records, Chromium for the tests of the pages.
# Does something only where it was asked for (CI, or HOOKLINE_TEST_SYSTEM=1) and where there is root and apt-get;
# elsewhere the tests that need them are skipped and say so.
set -u
[ -n "${CI:-}${HOOKLINE_TEST_SYSTEM:-}" ] || exit 0
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || exit 0

missing=
command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ] || missing="$missing mariadb-server"
command -v chromium >/dev/null || missing="$missing chromium"
[ -n "$missing" ] || exit 0

export DEBIAN_FRONTEND=noninteractive
echo "installing$missing"
# A package's own start of the service may fail in a container; the tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
{ apt-get -qq update && apt-get -qq install -y --no-install-recommends $missing; } >/dev/null 2>&1 ||
    echo "could not install$missing; the tests that need them are skipped"
exit 0
