#!/bin/sh
# Makes Nova's tables, and its cells.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh

configure /etc/nova/schema.conf nova <<END
[DEFAULT]
use_stderr = true
transport_url = $(queue)
[api_database]
connection = $(database nova_api)
[database]
connection = $(database nova)
END
known=$(mariadb -N -e "select name from nova_api.cell_mappings where name = 'cell1'" 2>/dev/null) || true
{
  echo "--config-file /etc/nova/schema.conf api_db sync"
  echo "--config-file /etc/nova/schema.conf cell_v2 map_cell0 --database_connection '$(database nova_cell0)'"
  echo "--config-file /etc/nova/schema.conf db sync"
  [ -n "$known" ] || echo "--config-file /etc/nova/schema.conf cell_v2 create_cell --name cell1 --database_connection '$(database nova)' --transport-url '$(queue)'"
} | nice -n 10 in-turn nova.cmd.manage
