# shellcheck shell=bash
# What peers share. do_verb does the least that makes the VMs of a folder, all at once; it calls make_vm NAME of the peer.
set -euo pipefail
shopt -s nullglob

# has PROGRAM…: ends with what is missing.
has() {
  local program
  for program; do command -v "$program" >/dev/null || { echo "$program is not installed" >&2 && exit 1; }; done
}

make_disks() {
  qemu-img create -q -f qcow2 -F qcow2 -b "$(realpath base)" "vms/$1/root.qcow2" "$(cat size)"
  genisoimage -quiet -o "vms/$1/seed.iso" -V cidata -J -r vms/"$1"/{meta-data,user-data,network-config}
}

make_networks() {
  local network
  for network in networks/*.xml; do virsh -q net-create "$network"; done
}

make_all() {
  local vm pids=()
  make_networks
  for vm in vms/*; do
    make_vm "${vm#vms/}" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
}

remove_all() {
  local network vm
  for vm in vms/*; do
    virsh -q destroy "${vm#vms/}" || true
    virsh -q undefine "${vm#vms/}" || true # only virt-install defines
  done 2>/dev/null
  for network in networks/*.xml; do virsh -q net-destroy "$(basename "$network" .xml)"; done
}

# do_verb VERB [FOLDER]: see bench/peer.ts.
do_verb() {
  [ -z "${2-}" ] || cd "$2"
  case $1 in
    can) has virsh qemu-img genisoimage ;;
    prepare) ;;
    up) make_all >/dev/null ;;
    down) remove_all >/dev/null ;;
  esac
}
