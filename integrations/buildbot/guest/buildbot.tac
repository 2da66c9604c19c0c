# The worker in a VM of virtbs: who it is and where its master is comes from /etc/virtbs/environment.
import os
import socket
import struct

from buildbot_worker.bot import Worker
from twisted.application import service

# Seconds between two signs of life; soon enough that a VM which was brought back from memory notices a lost connection.
KEEPALIVE = 60
# Seconds between two tries to reach the master, at most.
MOST_DELAY = 10


def find_gateway() -> str:
    """Returns the machine with the VMs: the default gateway, in the kernel's table a number of 32 bits."""
    with open("/proc/net/route", encoding="ascii") as table:
        for line in table.readlines()[1:]:
            _, destination, gateway, *_ = line.split()
            if destination == "00000000":
                return socket.inet_ntoa(struct.pack("<L", int(gateway, 16)))
    raise RuntimeError("BUILDMASTER is empty, and there is no default gateway")


os.makedirs("info", exist_ok=True)
application = service.Application("buildbot-worker")
Worker(
    os.environ.pop("BUILDMASTER", "") or find_gateway(),
    int(os.environ.pop("BUILDMASTER_PORT", "") or 9989),
    os.environ.pop("WORKERNAME"),
    # No build finds it in its environment.
    os.environ.pop("WORKERPASS"),
    os.getcwd(),
    KEEPALIVE,
    maxdelay=MOST_DELAY,
).setServiceParent(application)
