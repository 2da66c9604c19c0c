#!/bin/sh
# Starts Neutron's agents: bridges on all VMs, and on the controller routers, DHCP and the metadata of servers.
# shellcheck disable=SC2154 # secrets, as the task says
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh
# shellcheck source=payloads/openstack/neutron-conf.sh
. /usr/local/lib/cloud/neutron-conf.sh

modprobe -a bridge br_netfilter vxlan veth tun ip_set ip_set_hash_net 2>/dev/null || true
sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1
# Debian's other ebtables cannot delete a rule with --among-src by its text, which the agent asks for.
if ebtables-legacy -t nat -L >/dev/null 2>&1; then update-alternatives --set ebtables /usr/sbin/ebtables-legacy; fi
mkdir -p /run/netns /var/lib/neutron/lock

# The second interface is the one to the network of floating addresses.
mac=$(python3 -c '
import json, os
vms = json.load(open(os.environ["VIRTBS_PLAN"], encoding="utf-8"))["vms"]
print(next(vm["interfaces"][1]["mac"] for vm in vms if vm["hostname"] == os.environ["VIRTBS_HOSTNAME"]))')
provider=$(for each in /sys/class/net/*; do if [ ! -d "$each/bridge" ] && [ "$(cat "$each/address")" = "$mac" ]; then echo "${each##*/}"; fi; done)
[ -n "$provider" ] || { echo "no interface has the address $mac" && exit 1; }

main=/etc/neutron/agents.conf
{
  neutron_conf
  helpers $main privsep privsep_dhcp_release privsep_namespace privsep_conntrack privsep_link
} | configure $main neutron
configure /etc/neutron/plugins/ml2/linuxbridge_agent.ini neutron <<END
[linux_bridge]
physical_interface_mappings = public:$provider
[vxlan]
enable_vxlan = true
local_ip = $VIRTBS_ADDRESS
l2_population = false
[securitygroup]
firewall_driver = iptables
enable_security_group = true
enable_ipset = true
[agent]
polling_interval = 2
quitting_rpc_timeout = 60
END
serve neutron-bridges root /usr/bin/neutron-linuxbridge-agent --config-file $main --config-file /etc/neutron/plugins/ml2/linuxbridge_agent.ini
[ "$VIRTBS_ROLE" = controller ] || exit 0

configure /etc/neutron/dhcp_agent.ini neutron <<END
[DEFAULT]
interface_driver = linuxbridge
enable_isolated_metadata = true
END
configure /etc/neutron/l3_agent.ini neutron <<END
[DEFAULT]
interface_driver = linuxbridge
agent_mode = legacy
END
configure /etc/neutron/metadata_agent.ini neutron <<END
[DEFAULT]
nova_metadata_host = $controller
metadata_proxy_shared_secret = $service_password
metadata_workers = 0
END
serve neutron-dhcp root /usr/bin/neutron-dhcp-agent --config-file $main --config-file /etc/neutron/dhcp_agent.ini
serve neutron-l3 root /usr/bin/neutron-l3-agent --config-file $main --config-file /etc/neutron/l3_agent.ini
serve neutron-metadata root /usr/bin/neutron-metadata-agent --config-file $main --config-file /etc/neutron/metadata_agent.ini
