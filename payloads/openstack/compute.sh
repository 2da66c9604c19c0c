#!/bin/sh
# Starts nova-compute on a worker.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh
# shellcheck source=payloads/openstack/nova-conf.sh
. /usr/local/lib/cloud/nova-conf.sh

install -d -o nova -g nova /var/lib/nova/lock /var/lib/nova/instances
{
  nova_conf
  helpers /etc/nova/nova.conf nova_sys_admin vif_plug_linux_bridge_privileged privsep_osbrick
} | configure /etc/nova/nova.conf nova
serve nova-compute root /usr/bin/nova-compute --config-file /etc/nova/nova.conf
