#!/bin/sh
# Runs a command that installs packages, with their services kept from starting meanwhile: Debian's invoke-rc.d asks
# policy-rc.d, and 101 is "not allowed" (invoke-rc.d(8)). A policy that is there already stays as it is.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' HUP INT TERM
  printf '#!/bin/sh\n# Only while thingwatch installs what its tests need.\nexit 101\n' >"$policy" && chmod 755 "$policy"
fi
"$@"
