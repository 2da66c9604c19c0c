# shellcheck shell=sh disable=SC2154 # secrets, as the tasks say
# What neutron.conf has on the controller and on workers.

neutron_conf() {
  cat <<END
[DEFAULT]
use_stderr = true
transport_url = $(queue)
host = $VIRTBS_HOSTNAME
state_path = /var/lib/neutron
bind_host = $controller
core_plugin = ml2
service_plugins = router
api_workers = 1
rpc_workers = 1
rpc_state_report_workers = 0
rpc_response_timeout = 600
agent_down_time = 300
dhcp_agents_per_network = 1
notify_nova_on_port_status_changes = true
notify_nova_on_port_data_changes = true
[agent]
root_helper = env
report_interval = 20
[oslo_concurrency]
lock_path = /var/lib/neutron/lock
[oslo_messaging_rabbit]
heartbeat_timeout_threshold = 300
[experimental]
linuxbridge = true
END
}
