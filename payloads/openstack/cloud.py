"""A small client of the cloud's services, for the tasks: the usual one takes too long to start on an emulated machine."""
import os
import sys
import time

import requests


def vms(wanted):
    """Returns the VMs of a role: pairs of name and address."""
    with open(os.environ['VIRTBS_PEERS'], encoding='utf-8') as peers:
        return [(name, address) for name, role, address in map(str.split, peers) if role == wanted]


def controller():
    """Returns the address of the first controller."""
    return vms('controller')[0][1]


def wait(what, done):
    """Waits until a call gives something, and returns it. Prints what it waits for. The limit of time is the task's."""
    print(what, flush=True)
    while True:
        found = done()
        if found:
            return found
        time.sleep(3)


class Cloud:
    def __init__(self, host, user, password, project):
        domain = {'id': 'default'}
        identity = {'methods': ['password'], 'password': {'user': {'name': user, 'password': password, 'domain': domain}}}
        scope = {'project': {'name': project, 'domain': domain}}
        self.session = requests.Session()
        self.session.trust_env = False
        self.identity = f'http://{host}:5000/v3'
        self.compute, self.network, self.image = f'http://{host}:8774/v2.1', f'http://{host}:9696/v2.0', f'http://{host}:9292/v2'
        answer = self.session.post(f'{self.identity}/auth/tokens', json={'auth': {'identity': identity, 'scope': scope}})
        if answer.status_code != 201:
            sys.exit(f'no token for {user}: {answer.status_code} {answer.text}')
        self.session.headers['X-Auth-Token'] = answer.headers['X-Subject-Token']
        self.project = answer.json()['token']['project']['id']
        self.volume = f'http://{host}:8776/v3/{self.project}'

    def call(self, method, url, body=None, **options):
        """Returns the parsed answer, or None where there is none; ends the program where it is an error."""
        answer = self.session.request(method, url, json=body, **options)
        if answer.status_code >= 300:
            sys.exit(f'{method} {url}: {answer.status_code} {answer.text}')
        return answer.json() if 'json' in answer.headers.get('Content-Type', '') and answer.content else None

    def get(self, url):
        return self.call('GET', url)

    def post(self, url, body):
        return self.call('POST', url, body)

    def make(self, base, kind, **body):
        """Makes something, unless there is one of that name; returns it."""
        found = [each for each in self.get(f'{base}/{kind}s?name={body["name"]}')[f'{kind}s'] if each['name'] == body['name']]
        return found[0] if found else self.post(f'{base}/{kind}s', {kind: body})[kind]

    def remove(self, url):
        """Deletes something, and returns when it is gone; what is not there is no error."""
        if self.session.delete(url).status_code != 404:
            wait(f'until {url} is gone', lambda: self.session.get(url).status_code == 404)

    def down(self):
        """Returns what of the cloud is not at work now: services and agents that did not report for long, and workers without any."""
        services = self.get(f'{self.compute}/os-services')['services']
        found = [f'{each["binary"]} on {each["host"]}' for each in services if each['state'] != 'up']
        computes = {each['host'] for each in services if each['binary'] == 'nova-compute'}
        agents = self.get(f'{self.network}/agents')['agents']
        found += [f'{each["binary"]} on {each["host"]}' for each in agents if not each['alive']]
        bridges = {each['host'] for each in agents if each['agent_type'] == 'Linux bridge agent'}
        workers = {name for name, _ in vms('worker')}
        found += [f'no nova-compute on {name}' for name in workers - computes] + [f'no agent on {name}' for name in workers - bridges]
        volumes = self.get(f'{self.volume}/os-services')['services']
        found += [f'{each["binary"]} on {each["host"]}' for each in volumes if each['state'] != 'up']
        kinds = {each['binary'] for each in services + agents + volumes}
        wanted = {'nova-conductor', 'nova-scheduler', 'neutron-l3-agent', 'neutron-dhcp-agent', 'neutron-metadata-agent', 'cinder-scheduler', 'cinder-volume'}
        found += [f'no {kind}' for kind in wanted - kinds]
        # Until the scheduler has found a worker, it has no hypervisor.
        known = {each['hypervisor_hostname'] for each in self.get(f'{self.compute}/os-hypervisors')['hypervisors']}
        return sorted(found + [f'{name} is not a hypervisor yet' for name in workers - known])
