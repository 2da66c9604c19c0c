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

# Writes a configuration file from standard input, for a group alone.
configure() {
  umask 027
  mkdir -p "${1%/*}"
  cat >"$1"
  chgrp "$2" "$1"
  umask 022
}

# Whether a port of this VM's address answers HTTP.
answers() { await "$1" curl -s -o /dev/null --max-time 20 "http://$controller:$2/"; }
