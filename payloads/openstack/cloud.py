"""A small client of the cloud's services, for the tasks: the usual one takes too long to start on an emulated machine."""
import os
import sys

import requests


def controller():
    """Returns the address of the first controller."""
    with open(os.environ['VIRTBS_PEERS'], encoding='utf-8') as peers:
        return next(address for _, role, address in map(str.split, peers) if role == 'controller')


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
