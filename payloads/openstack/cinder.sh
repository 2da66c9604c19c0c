#!/bin/sh
# Makes a volume group of the disk "volumes", and starts Cinder.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh

# There is no udev here: LVM makes its device files itself.
cat >/etc/lvm/lvmlocal.conf <<'END'
activation { udev_sync = 0 udev_rules = 0 verify_udev_operations = 1 }
devices { obtain_device_list_from_udev = 0 external_device_info_source = "none" }
END
modprobe -a dm_mod dm_snapshot 2>/dev/null || true
mkdir -p /run/lock /run/lvm /run/tgt
for serial in /sys/block/*/serial; do
  if [ "$(cat "$serial")" = volumes ]; then device=${serial%/serial} device=/dev/${device##*/}; fi
done
vgs cloud-volumes >/dev/null 2>&1 || vgcreate cloud-volumes "${device:?no disk here has the serial number \"volumes\"}"

install -d -o cinder -g cinder /var/lib/cinder/lock /var/lib/cinder/conversion /var/lib/cinder/volumes
configure /etc/cinder/cinder.conf cinder <<END
[DEFAULT]
use_stderr = true
transport_url = $(queue)
my_ip = $controller
host = $VIRTBS_HOSTNAME
state_path = /var/lib/cinder
osapi_volume_listen = $controller
osapi_volume_workers = 1
enabled_backends = lvm
default_volume_type = lvm
glance_api_servers = http://$controller:9292
image_conversion_dir = /var/lib/cinder/conversion
allowed_direct_url_schemes =
rpc_response_timeout = 600
report_interval = 20
service_down_time = 300
rootwrap_config = /etc/cinder/rootwrap.conf
[lvm]
volume_driver = cinder.volume.drivers.lvm.LVMVolumeDriver
volume_backend_name = lvm
volume_group = cloud-volumes
lvm_type = default
target_helper = tgtadm
target_protocol = iscsi
target_ip_address = $controller
volume_clear = none
suppress_requests_ssl_warnings = true
[database]
connection = $(database cinder)
$(check_tokens cinder)
$(service_user cinder)
$(service nova nova)
interface = public
[oslo_concurrency]
lock_path = /var/lib/cinder/lock
[oslo_messaging_rabbit]
heartbeat_timeout_threshold = 300
$(helpers /etc/cinder/cinder.conf cinder_sys_admin privsep_osbrick)
END
serve tgtd root /usr/sbin/tgtd -f --iscsi "portal=$controller:3260"
serve cinder-api cinder /usr/bin/cinder-api --config-file /etc/cinder/cinder.conf
serve cinder-scheduler cinder /usr/bin/cinder-scheduler --config-file /etc/cinder/cinder.conf
serve cinder-volume root /usr/bin/cinder-volume --config-file /etc/cinder/cinder.conf
answers cinder-api 8776
