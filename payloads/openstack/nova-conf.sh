# shellcheck shell=sh disable=SC2154 # secrets, as the tasks say
# What nova.conf has on the controller and on workers.

# A kernel can offer /dev/kvm although the processor has no such thing: servers hang then.
virt_type() {
  if [ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then echo kvm; else echo qemu; fi
}

nova_conf() {
  cat <<END
[DEFAULT]
use_stderr = true
transport_url = $(queue)
my_ip = $VIRTBS_ADDRESS
host = $VIRTBS_HOSTNAME
state_path = /var/lib/nova
compute_driver = libvirt.LibvirtDriver
enabled_apis = osapi_compute,metadata
osapi_compute_listen = $controller
osapi_compute_workers = 1
metadata_listen = $controller
metadata_workers = 1
# Limits of time for emulated machines.
rpc_response_timeout = 600
report_interval = 20
service_down_time = 300
vif_plugging_timeout = 1200
block_device_allocate_retries = 600
block_device_allocate_retries_interval = 3
shutdown_timeout = 20
reserved_host_memory_mb = 512
reserved_host_disk_mb = 0
initial_cpu_allocation_ratio = 16.0
initial_ram_allocation_ratio = 4.0
initial_disk_allocation_ratio = 100.0
allow_resize_to_same_host = true
[api]
auth_strategy = keystone
$(service_user nova)
$(service placement placement)
$(service neutron neutron)
service_metadata_proxy = true
metadata_proxy_shared_secret = $service_password
timeout = 600
$(service cinder cinder)
os_region_name = RegionOne
[glance]
region_name = RegionOne
[scheduler]
workers = 1
# New workers are found by themselves.
discover_hosts_in_cells_interval = 60
[conductor]
workers = 1
[oslo_concurrency]
lock_path = /var/lib/nova/lock
[oslo_policy]
enforce_scope = false
enforce_new_defaults = false
[oslo_messaging_rabbit]
heartbeat_timeout_threshold = 300
[vnc]
enabled = false
[libvirt]
virt_type = $(virt_type)
cpu_mode = none
num_pcie_ports = 12
images_type = qcow2
wait_soft_reboot_seconds = 120
END
}
