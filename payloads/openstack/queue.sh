#!/bin/sh
# Starts RabbitMQ and memcached.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh

configure /etc/rabbitmq/rabbitmq.conf rabbitmq <<END
listeners.tcp.default = $controller:5672
default_user = cloud
default_pass = $queue_password
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
# An emulated client can be silent for longer than the usual 60 and 10 s.
heartbeat = 300
handshake_timeout = 120000
log.console = true
log.console.level = warning
log.file = false
END
serve memcached memcache /usr/bin/memcached -m 64 -t 1 -l 127.0.0.1
# The last words end the watch over epmd, which would start another Erlang each minute.
# One scheduler thread that does not spin: an emulated processor has better things to do.
serve rabbitmq rabbitmq /usr/bin/env HOME=/var/lib/rabbitmq RABBITMQ_NODENAME=rabbit@localhost ERL_EPMD_ADDRESS=127.0.0.1 \
  RABBITMQ_DIST_PORT=25672 'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1} -eval supervisor:terminate_child(rabbit_sup,rabbit_epmd_monitor_sup).' \
  /usr/lib/rabbitmq/bin/rabbitmq-server
await rabbitmq bash -c ": </dev/tcp/$controller/5672"
