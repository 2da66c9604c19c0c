#!/bin/sh
# Starts Neutron's server.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh
# shellcheck source=payloads/openstack/neutron-conf.sh
. /usr/local/lib/cloud/neutron-conf.sh

install -d -o neutron -g neutron /var/lib/neutron/lock
{
  neutron_conf
  check_tokens neutron
  service nova nova
  echo "[database]
connection = $(database neutron)"
} | configure /etc/neutron/server.conf neutron
configure /etc/neutron/plugins/ml2/ml2_conf.ini neutron <<'END'
[ml2]
type_drivers = flat,vxlan,local
tenant_network_types = vxlan
mechanism_drivers = linuxbridge
extension_drivers = port_security
[ml2_type_flat]
flat_networks = public
[ml2_type_vxlan]
vni_ranges = 1:1000
[securitygroup]
enable_ipset = true
END
serve neutron-server neutron /usr/bin/neutron-server --config-file /etc/neutron/server.conf --config-file /etc/neutron/plugins/ml2/ml2_conf.ini
answers neutron-server 9696
