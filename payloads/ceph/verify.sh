#!/bin/sh
# Writes a block device and reads it on another VM. Then one VM is cut off from the cluster's network: the others go on, and what they
# wrote meanwhile can be read on it when it is back. It needs no kernel module: rbd works by librbd.
set -eu

# Runs lines on a VM as root.
on() { printf '%s\n' "$2" | ssh -F "$VIRTBS_SSH_CONFIG" "$1" sudo sh -eu; }

# Prints the VMs on which lines succeed.
those() {
  for each in $vms; do ! on "$each" "$1" >/dev/null 2>&1 || echo "$each"; done
}

# Its name stays in a file, because a network whose link is down has no route.
link() {
  # shellcheck disable=SC2016 # for the shell there
  on "$lost" '[ -s /run/cluster-link ] || ip route show "$(sed -n "s/^public_network = //p" /etc/ceph/ceph.conf)" |
      sed -n "s/.* dev \([^ ]*\).*/\1/p" >/run/cluster-link
    ip link set dev "$(cat /run/cluster-link)" '"$1"
}

write() { on "$client" "head -c 4194304 /dev/urandom >/tmp/$1; rbd import --no-progress /tmp/$1 rbd/$1; sha256sum </tmp/$1; rm /tmp/$1"; }

# Reads on the VM that is or was cut off.
check() {
  digest=$(on "$lost" "rbd export --no-progress rbd/$1 /tmp/$1; sha256sum </tmp/$1; rm /tmp/$1")
  [ "$digest" = "$2" ] || { echo "$lost read something else than $client wrote" && exit 1; }
  echo "$lost read what $client wrote"
}

vms=$(cut -d " " -f 1 "$VIRTBS_PEERS")
mons=$(those 'test -e /usr/local/sbin/start-mon')
client=$(echo "$mons" | head -n 1)
lost=$(those 'test -e /usr/local/sbin/start-osds' | tail -n 1)
image=verify-$(date +%s)

# Where it was broken off before, that VM is still cut off.
link up
on "$client" wait-until-healthy
check "$image-1" "$(write "$image-1")"
[ "$lost" != "$client" ] || exit 0

echo "cutting off $lost"
link down
# A majority of the monitors must be left, or all stands still.
if [ $((2 * $(echo "$mons" | grep -v -x -c "$lost"))) -gt "$(echo "$mons" | wc -l)" ]; then
  on "$client" "wait-until-healthy --without $lost"
  written=$(write "$image-2")
else
  sleep 30
fi
link up
echo "$lost is let back"
on "$client" wait-until-healthy
check "$image-2" "${written:-$(write "$image-2")}"
