#!/usr/bin/python3
"""Makes the users of the services, and the catalog; what is there stays."""
import os
import sys

sys.path.insert(0, '/usr/local/lib/cloud')
from cloud import Cloud, controller

SERVICES = {
    'image': ('glance', ':9292'),
    'placement': ('placement', ':8778'),
    'compute': ('nova', ':8774/v2.1'),
    'network': ('neutron', ':9696'),
    'volumev3': ('cinder', ':8776/v3/%(project_id)s'),
}

cloud = Cloud(controller(), 'admin', os.environ['admin_password'], 'admin')
url = cloud.identity


def make(kind, **body):
    """Makes something in Keystone, unless there is one of that name; returns its id."""
    return cloud.make(url, kind, **body)['id']


roles = {name: make('role', name=name) for name in ('admin', 'member', 'reader', 'service')}
project = make('project', name='service', domain_id='default')
services = {entry['type']: entry['id'] for entry in cloud.get(f'{url}/services')['services']}
endpoints = {entry['service_id'] for entry in cloud.get(f'{url}/endpoints')['endpoints']}
for kind, (name, address) in SERVICES.items():
    user = make('user', name=name, password=os.environ['service_password'], domain_id='default')
    for role in roles.values():
        cloud.call('PUT', f'{url}/projects/{project}/users/{user}/roles/{role}')
    if kind not in services:
        services[kind] = cloud.post(f'{url}/services', {'service': {'type': kind, 'name': name}})['service']['id']
    if services[kind] not in endpoints:
        for interface in ('public', 'internal', 'admin'):
            cloud.post(f'{url}/endpoints', {'endpoint': {
                'service_id': services[kind], 'interface': interface, 'region_id': 'RegionOne', 'url': f'http://{controller()}{address}'}})
