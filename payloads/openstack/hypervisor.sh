#!/bin/sh
# Starts libvirt on a worker, and what connects volumes.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh

modprobe -a tun iscsi_tcp kvm-amd kvm-intel 2>/dev/null || true
# There are no groups of processes and no security modules here.
cat >/etc/libvirt/qemu.conf <<'END'
security_driver = "none"
cgroup_controllers = []
namespaces = []
remember_owner = 0
user = "root"
group = "root"
END
rm -f /etc/libvirt/qemu/networks/autostart/*.xml
mkdir -p /run/lock /run/libvirt /run/lock/iscsi
[ -s /etc/machine-id ] || tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
# That of the image would be the same on all workers.
echo "InitiatorName=iqn.1993-08.org.debian:01:bs$VIRTBS_SLICE-$VIRTBS_HOSTNAME" >/etc/iscsi/initiatorname.iscsi
serve iscsid root /sbin/iscsid -f
serve virtlogd root /usr/sbin/virtlogd
serve libvirtd root /usr/sbin/libvirtd
await libvirtd virsh -c qemu:///system version
virsh -c qemu:///system version
