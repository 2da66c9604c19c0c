# Says what the JSON files of OpenStack's config drive, meta_data.json and network_data.json, say, in the lines that
# flatten.awk makes of a NoCloud seed. https://docs.openstack.org/nova/latest/user/metadata.html

FNR == 1 { read(); file = FILENAME; sub(/.*\//, "", file) }
{ text = text $0 " " }
END { read(); print_instance(); print_network() }

function read() {
  if (text != "") value(file)
  text = ""
}

# Takes the value at the beginning of the text, and keeps each scalar in it under its path.
function value(path,  n, key) {
  blanks()
  if (take("{")) {
    while (!take("}")) {
      key = string()
      take(":")
      value(path "." key)
      if (!take(",") && text !~ /^}/) return
    }
  } else if (take("[")) {
    for (n = 0; !take("]"); n++) {
      value(path "." n)
      if (!take(",") && text !~ /^]/) return
    }
  } else if (text ~ /^"/) data[path] = string()
  else {
    match(text, /^[^],} ]*/)
    data[path] = substr(text, 1, RLENGTH)
    text = substr(text, RLENGTH + 1)
    blanks()
  }
}

function string(  found) {
  match(text, /^"([^"\\]|\\.)*"/)
  found = substr(text, 2, RLENGTH - 2)
  text = substr(text, RLENGTH + 1)
  blanks()
  return found
}

function take(sign) {
  if (substr(text, 1, 1) != sign) return 0
  text = substr(text, 2)
  blanks()
  return 1
}

function blanks() { sub(/^[ \t\r]+/, "", text) }

function print_instance(  name) {
  name = data["meta_data.json.hostname"]
  sub(/\..*/, "", name)
  print "meta-data.instance-id=" data["meta_data.json.uuid"]
  if (name != "") print "meta-data.local-hostname=" name
}

function print_network(  all, l, n, link, nic, network, k, r, route) {
  all = "network_data.json."
  for (l = 0; (all "links." l ".id") in data; l++) {
    link = all "links." l "."
    nic = "network-config.ethernets." l "."
    print nic "match.macaddress=" data[link "ethernet_mac_address"]
    if (data[link "mtu"] ~ /^[0-9]+$/) print nic "mtu=" data[link "mtu"]
    k = 0
    for (n = 0; (all "networks." n ".id") in data; n++) {
      network = all "networks." n "."
      if (data[network "link"] != data[link "id"]) continue
      if (data[network "type"] == "ipv4_dhcp") print nic "dhcp4=true"
      if (data[network "type"] !~ /^ipv[46]$/) continue
      print nic "addresses." k++ "=" data[network "ip_address"] "/" bits(data[network "netmask"])
      for (r = 0; (network "routes." r ".gateway") in data; r++) {
        route = network "routes." r "."
        print nic "routes.0.to=" data[route "network"] "/" bits(data[route "netmask"])
        print nic "routes.0.via=" data[route "gateway"]
      }
    }
    if (l == 0) for (n = 0; (all "services." n ".address") in data; n++)
      print nic "nameservers.addresses." n "=" data[all "services." n ".address"]
  }
}

# How many bits of a netmask are set: 24 for 255.255.255.0, 64 for ffff:ffff:ffff:ffff::.
function bits(mask,  parts, n, i, sum, number) {
  n = split(mask, parts, /[.:]/)
  for (i = 1; i <= n; i++) {
    number = mask ~ /:/ ? hexadecimal(parts[i]) : parts[i]
    for (; number > 0; number = int(number / 2)) sum += number % 2
  }
  return sum + 0
}

function hexadecimal(digits,  i, sum) {
  for (i = 1; i <= length(digits); i++) sum = sum * 16 + index("0123456789abcdef", tolower(substr(digits, i, 1))) - 1
  return sum
}
