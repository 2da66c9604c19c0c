#!/bin/sh
# Starts MariaDB, and makes the databases of all services.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh

cat >/etc/mysql/mariadb.conf.d/99-cloud.cnf <<END
[mysqld]
bind-address = $controller
skip-name-resolve
max_connections = 500
innodb_buffer_pool_size = 256M
# A VM that fails is made anew: nothing here must survive a loss of power.
innodb_flush_log_at_trx_commit = 0
innodb_flush_method = nosync
sync_frm = off
innodb_doublewrite = 0
innodb_use_native_aio = 0
performance_schema = off
skip-log-bin
END
install -d -o mysql -g mysql /run/mysqld
serve mariadb mysql /usr/sbin/mariadbd
await mariadb mariadb -e 'select 1'
{
  echo "create user if not exists 'cloud'@'%' identified by '$database_password';"
  for name in keystone glance placement nova nova_api nova_cell0 neutron cinder; do
    echo "create database if not exists $name character set utf8mb3; grant all on $name.* to 'cloud'@'%';"
  done
} | mariadb
