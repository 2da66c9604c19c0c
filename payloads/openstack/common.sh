# shellcheck shell=sh disable=SC2154 # secrets, as the tasks say
# Parts of configuration files that several services have.

controller=$(awk '$2 == "controller" { print $3; exit }' "$VIRTBS_PEERS")
auth_url=http://$controller:5000/v3

# The address of a database.
database() { echo "mysql+pymysql://cloud:$database_password@$controller/$1?charset=utf8"; }

queue() { echo "rabbit://cloud:$queue_password@$controller:5672/"; }

# How the user of a service signs in.
sign_in() {
  echo "auth_type = password
auth_url = $auth_url
username = $1
password = $service_password
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = RegionOne"
}

# How a service checks the tokens of its callers.
check_tokens() {
  echo "[keystone_authtoken]
$(sign_in "$1")
www_authenticate_uri = $auth_url
memcached_servers = 127.0.0.1:11211
service_token_roles = service
service_token_roles_required = true"
}

# How a service signs in at another one: of the first section, as the user of the second.
service() {
  echo "[$1]
region_name = RegionOne
$(sign_in "$2")"
}

# How a service shows that a request of a user comes through it.
service_user() {
  echo "[service_user]
send_service_user_token = true
$(sign_in "$1")"
}

# What needs root in a service that is root here starts without sudo.
helpers() {
  file=$1
  shift
  for section; do echo "[$section]
helper_command = privsep-helper --config-file $file"; done
}

# Writes a configuration file from standard input, for a group alone.
configure() {
  umask 027
  mkdir -p "${1%/*}"
  cat >"$1"
  chgrp "$2" "$1"
  umask 022
}

# Whether a port of this VM's address answers HTTP.
# Each start of a program costs an emulated processor a second: curl itself tries again.
answers() {
  await "$1" curl -s -o /dev/null --max-time 20 --retry 20 --retry-delay 1 --retry-connrefused "http://$controller:$2/"
}
