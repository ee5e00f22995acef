#!/bin/sh
# What dhclient does with a lease in the lab: address, route and resolver of this namespace, nothing else on the machine.
# LAB_RESOLVER is the namespace's own resolv.conf.
case "$reason" in
  BOUND | RENEW | REBIND | REBOOT)
    prefix=0
    for octet in $(echo "$new_subnet_mask" | tr . ' '); do
      while [ "$octet" -gt 0 ]; do
        prefix=$((prefix + octet % 2))
        octet=$((octet / 2))
      done
    done
    ip -4 address replace "$new_ip_address/$prefix" dev "$interface"
    [ -z "$new_routers" ] || ip -4 route replace default via "${new_routers%% *}" dev "$interface"
    : >"$LAB_RESOLVER"
    for server in $new_domain_name_servers; do echo "nameserver $server" >>"$LAB_RESOLVER"; done
    ;;
  BOUND6 | RENEW6 | REBIND6)
    ip -6 address replace "$new_ip6_address/128" dev "$interface"
    ;;
  EXPIRE | FAIL | RELEASE | STOP)
    ip -4 address flush dev "$interface"
    ;;
esac
