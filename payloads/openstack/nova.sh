#!/bin/sh
# Starts Nova's services of the controller.
# shellcheck disable=SC2154 # a secret, as the task says
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh
# shellcheck source=payloads/openstack/nova-conf.sh
. /usr/local/lib/cloud/nova-conf.sh

install -d -o nova -g nova /var/lib/nova/lock
{
  nova_conf
  check_tokens nova
  echo "[api_database]
connection = $(database nova_api)
[database]
connection = $(database nova)"
} | configure /etc/nova/nova.conf nova
serve nova-conductor nova /usr/bin/nova-conductor --config-file /etc/nova/nova.conf
serve nova-scheduler nova /usr/bin/nova-scheduler --config-file /etc/nova/nova.conf
serve nova-api nova /usr/bin/nova-api --config-file /etc/nova/nova.conf
answers nova-api 8774
answers nova-api 8775
