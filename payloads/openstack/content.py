#!/usr/bin/python3
"""Waits until all services work, and makes an image, flavors, networks and a type of volumes."""
import hashlib
import ipaddress
import json
import os
import sys
import time

sys.path.insert(0, '/usr/local/lib/cloud')
from cloud import Cloud, controller, wait

# Of the network: addresses that no VM of the slice has.
FIRST, LAST = 0xc0, 0xfa

cloud = Cloud(controller(), 'admin', os.environ['admin_password'], 'admin')


def upload(name, content, **properties):
    """Makes an image of the content of a file, in the place of one of that name that has another content; returns its id."""
    digest = hashlib.md5(content).hexdigest()
    for found in cloud.get(f'{cloud.image}/images?name={name}')['images']:
        if found['checksum'] == digest and all(found[key] == value for key, value in properties.items()):
            return found['id']
        cloud.remove(f'{cloud.image}/images/{found["id"]}')
    image = cloud.post(f'{cloud.image}/images', {'name': name, 'visibility': 'public', **properties})['id']
    cloud.call('PUT', f'{cloud.image}/images/{image}/file', data=content, headers={'Content-Type': 'application/octet-stream'})
    return image


with open('/var/lib/cloud/kernel', 'rb') as kernel, open('/var/lib/cloud/initrd', 'rb') as initrd:
    upload('small', bytes(1 << 20), disk_format='raw', container_format='bare', min_ram=128, hw_rng_model='virtio',
           kernel_id=upload('small-kernel', kernel.read(), disk_format='aki', container_format='aki'),
           ramdisk_id=upload('small-initrd', initrd.read(), disk_format='ari', container_format='ari'),
           os_command_line='console=ttyS0 loglevel=4 panic=5 net.ifnames=0 mitigations=off lsm= audit=0 init_on_alloc=0 noreplace-smp tsc=unstable')

made = {each['name'] for each in cloud.get(f'{cloud.compute}/flavors')['flavors']}
for name, ram, vcpus, disk in (('m1.nano', 128, 1, 1), ('m1.tiny', 192, 1, 1), ('m1.small', 256, 1, 2), ('m1.medium', 512, 2, 4)):
    if name not in made:
        cloud.post(f'{cloud.compute}/flavors', {'flavor': {'name': name, 'ram': ram, 'vcpus': vcpus, 'disk': disk}})

with open(os.environ['VIRTBS_PLAN'], encoding='utf-8') as file:
    plan = json.load(file)
mine = next(vm for vm in plan['vms'] if vm['hostname'] == os.environ['VIRTBS_HOSTNAME'])
provider = next(each for each in plan['networks'] if each['name'] == mine['interfaces'][1]['network'])
cidr = ipaddress.ip_network(provider['ipv4']['cidr'])
network = cloud.make(cloud.network, 'network', **{
    'name': 'public', 'router:external': True, 'provider:network_type': 'flat', 'provider:physical_network': 'public'})['id']
cloud.make(cloud.network, 'subnet', name='public', network_id=network, ip_version=4, cidr=str(cidr), gateway_ip=provider['ipv4']['host'],
           enable_dhcp=False, allocation_pools=[{'start': str(cidr[FIRST]), 'end': str(cidr[LAST])}])
if not any(each['name'] == 'lvm' for each in cloud.get(f'{cloud.volume}/types')['volume_types']):
    cloud.post(f'{cloud.volume}/types', {'volume_type': {'name': 'lvm', 'extra_specs': {'volume_backend_name': 'lvm'}}})

said = None


def works():
    """Whether all services work; prints what does not, once."""
    global said
    down = cloud.down()
    if down != said:
        print('; '.join(down) or 'all services work', flush=True)
        said = down
    return not down


wait('services and agents', works)

# A network for servers, with a router. Agents start their helpers for the first one, each a program that an emulated processor needs
# a minute for: after this they are there, for every other network, and in the checkpoint.
private = cloud.make(cloud.network, 'network', name='private')['id']
subnet = cloud.make(cloud.network, 'subnet', name='private', network_id=private, ip_version=4, cidr='10.6.0.0/24')['id']
router = cloud.make(cloud.network, 'router', name='private', external_gateway_info={'network_id': network})['id']


def ports(query, owner):
    return [each for each in cloud.get(f'{cloud.network}/ports?{query}')['ports'] if each['device_owner'] == owner]


if not ports(f'device_id={router}', 'network:router_interface'):
    cloud.call('PUT', f'{cloud.network}/routers/{router}/add_router_interface', {'subnet_id': subnet})


def serves(query, owner):
    return any(each['status'] == 'ACTIVE' for each in ports(query, owner))


# The agent gives a network up whose DHCP has not started after this many seconds: then it is asked again.
LIMIT = 300
asked = time.monotonic()


def gives_addresses():
    global asked
    if serves(f'network_id={private}', 'network:dhcp'):
        return True
    if time.monotonic() > asked + LIMIT + 30:
        print('again', flush=True)
        for on in (False, True):
            cloud.call('PUT', f'{cloud.network}/subnets/{subnet}', {'subnet': {'enable_dhcp': on}})
        asked = time.monotonic()
    return False


wait('the router', lambda: all(serves(f'device_id={router}', f'network:router_{owner}') for owner in ('interface', 'gateway')))
wait('DHCP', gives_addresses)
