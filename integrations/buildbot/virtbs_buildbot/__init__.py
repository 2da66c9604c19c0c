"""A latent worker of Buildbot that asks virtbs for its VM, or for a whole slice of them.

``virtbs lease`` makes the slice and gives it the worker's name and password in a file that only its root can read;
``virtbs wipe --session`` ends it. The truth is in virtbs: a master that was killed finds at its next start what it left.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any, Generator, Mapping, Sequence

from buildbot import config
from buildbot.interfaces import LatentWorkerFailedToSubstantiate
from buildbot.util.latent import CompatibleLatentWorkerMixin
from buildbot.worker import AbstractLatentWorker
from buildbot.worker.latent import States
from twisted.internet import defer, error, protocol, task
from twisted.python import failure, log

try:
    from buildbot.interfaces import LatentWorkerCannotSubstantiate
except ImportError:  # pragma: no cover
    LatentWorkerCannotSubstantiate = LatentWorkerFailedToSubstantiate

__all__ = ["VirtbsLatentWorker"]

#: Exit codes of virtbs: wrong usage or configuration, which no second try mends.
REFUSED = 2

#: Bytes of a program's output that are kept.
KEPT = 1024 * 1024

#: How many workers of one master end at once what an earlier run left.
LEFT_OVERS = defer.DeferredSemaphore(2)

#: Seconds between two tries of a wipe.
WIPE_DELAYS = (5, 30)

#: Variables by which virtbs would take the master for a run of another CI system, or work on one slice.
FOREIGN = (
    "BUILD_TAG",
    "CI_JOB_ID",
    "CI_JOB_URL",
    "GITLAB_CI",
    "GITHUB_RUN_ID",
    "VIRTBS_SLICE",
)

#: Options of keystoneauth's password and application credential plugins that virtbs reads from ``OS_*``.
AUTH_ARGS = (
    "auth_type",
    "auth_url",
    "username",
    "user_id",
    "password",
    "project_name",
    "project_id",
    "tenant_name",
    "tenant_id",
    "user_domain_name",
    "user_domain_id",
    "project_domain_name",
    "project_domain_id",
    "domain_name",
    "domain_id",
    "token",
    "application_credential_id",
    "application_credential_name",
    "application_credential_secret",
)

#: Arguments of novaclient's ``servers.create`` and the members of the API's request that virtbs passes on.
SERVER_ARGS = {
    "access_ip_v4": "accessIPv4",
    "access_ip_v6": "accessIPv6",
    "description": "description",
    "disk_config": "OS-DCF:diskConfig",
    "host": "host",
    "hypervisor_hostname": "hypervisor_hostname",
    "scheduler_hints": "os:scheduler_hints",
    "tags": "tags",
    "trusted_image_certificates": "trusted_image_certificates",
}

#: Arguments of novaclient that make no sense with virtbs, and why.
REFUSED_NOVA_ARGS = {
    "admin_pass": "nobody logs in with a password; ssh uses the key of the slice",
    "block_device_mapping": "give block_devices",
    "block_device_mapping_v2": "give block_devices",
    "files": "clouds do not take files any more; give files",
    "hostname": "virtbs names VMs by role and number",
    "key_name": "ssh uses the key of the slice",
    "max_count": "the topology says how many VMs there are",
    "meta": "give meta",
    "min_count": "the topology says how many VMs there are",
    "reservation_id": "it is for several servers in one request, which virtbs never makes",
    "security_groups": "virtbs makes a security group for each slice",
    "userdata": "virtbs writes the user data; give files and env",
}


@dataclass(frozen=True)
class _Ended:
    """A program that has ended."""

    code: int
    out: str
    err: str


class _Program(protocol.ProcessProtocol):
    """Runs a program: gives it its input, logs what it says, and keeps the end of it."""

    transport: Any

    def __init__(self, name: str, given: bytes) -> None:
        self.name = name
        self.given = given
        self.ended: defer.Deferred[_Ended] = defer.Deferred()
        self.out = bytearray()
        self.err = bytearray()
        self._line = b""

    def connectionMade(self) -> None:
        self.transport.write(self.given)
        self.transport.closeStdin()

    def outReceived(self, data: bytes) -> None:
        self.out += data[: max(0, KEPT - len(self.out))]

    def errReceived(self, data: bytes) -> None:
        self.err += data
        del self.err[:-KEPT]
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            log.msg(f"{self.name}: {line.decode(errors='replace')}")

    def processEnded(self, reason: failure.Failure) -> None:
        ended = reason.value
        code = 0 if isinstance(ended, error.ProcessDone) else getattr(ended, "exitCode", None)
        self.ended.callback(
            _Ended(
                -1 if code is None else code,
                self.out.decode(errors="replace"),
                self.err.decode(errors="replace"),
            )
        )


@dataclass
class _Instance:
    """A slice that was asked for."""

    #: Name of the run for virtbs; no two are the same.
    run: str
    #: Seconds on the monotonic clock.
    since: float
    #: Number of the slice; None as long as it is in the making.
    slice: int | None = None
    vms: Sequence[str] = ()
    #: Whether the start was ended before it was done.
    interrupted: bool = False


class VirtbsLatentWorker(CompatibleLatentWorkerMixin, AbstractLatentWorker):
    """A worker in a VM that virtbs makes when a build needs it.

    Besides the arguments of every latent worker (``build_wait_timeout``, ``missing_timeout``, ``notify_on_missing``, …):

    :param password: of the worker; a random one where it is not given
    :param layers: layers of virtbs, such as ``'roles,buildbot-worker'``; renderable
    :param topology: roles and counts, ``'plain:1'`` or a list of them; renderable
    :param masterFQDN: ``HOST`` or ``HOST:PORT`` of the master as the VM reaches it; where it is not given, the VM takes its
        default gateway, which is the machine with the VMs
    :param config: configuration files of virtbs
    :param driver: ``'libvirt'`` or ``'openstack'``; the latter where an argument is for a cloud
    :param virtbs: program and first arguments
    :param root: folder of images, disks and keys, where it is not virtbs's own
    :param connect: address of libvirt
    :param ttl: time after which virtbs may end the slice whatever the master does; a worker that has lived for half of it
        takes no more builds and is made anew
    :param do: tasks of the configuration to be done before the worker counts as started; True for all
    :param checkpoint: ``'auto'``, ``'yes'`` or ``'no'``
    :param files: files that each VM gets, for its root alone: ``{'/path/in/guest': '/path/here'}``
    :param env: more variables for the worker, beside its name and password; may have secrets

    The arguments of OpenStackLatentWorker are taken as well: ``flavor``, ``image``, ``os_username``, ``os_password``,
    ``os_tenant_name``, ``os_auth_url``, ``os_user_domain``, ``os_project_domain``, ``os_auth_args``, ``block_devices``, ``region``,
    ``meta``, ``nova_args``, ``client_version``.
    """

    instance: _Instance | None = None
    _program: Any = None

    def checkConfig(
        self,
        name: str,
        password: str | None = None,
        layers: Any = None,
        topology: Any = "plain:1",
        masterFQDN: str | None = None,
        config: Sequence[str] = (),
        driver: str | None = None,
        virtbs: str | Sequence[str] = "virtbs",
        root: str | None = None,
        connect: str | None = None,
        ttl: str | None = None,
        do: bool | Sequence[str] = False,
        checkpoint: str | None = None,
        files: Mapping[str, str] | None = None,
        env: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        cloud, rest = _split_cloud(kwargs)
        super().checkConfig(name, password, **rest)
        for problem in _problems(
            name=name,
            layers=layers,
            masterFQDN=masterFQDN,
            driver=driver,
            ttl=ttl,
            checkpoint=checkpoint,
            cloud=cloud,
            waits_for_ever=rest.get("build_wait_timeout", 0) < 0,
        ):
            _refuse(f"VirtbsLatentWorker {name}: {problem}")

    @defer.inlineCallbacks
    def reconfigService(
        self,
        name: str,
        password: str | None = None,
        layers: Any = None,
        topology: Any = "plain:1",
        masterFQDN: str | None = None,
        config: Sequence[str] = (),
        driver: str | None = None,
        virtbs: str | Sequence[str] = "virtbs",
        root: str | None = None,
        connect: str | None = None,
        ttl: str | None = None,
        do: bool | Sequence[str] = False,
        checkpoint: str | None = None,
        files: Mapping[str, str] | None = None,
        env: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Generator[Any, Any, None]:
        cloud, rest = _split_cloud(kwargs)
        if password is None:
            password = self.getRandomPass()
        yield super().reconfigService(name, password, **rest)
        credentials = yield self.renderSecrets(_credentials(cloud))
        self._env = yield self.renderSecrets(dict(env or {}))
        self._layers = layers
        self._topology = topology
        self._cloud = cloud
        self._driver = driver or ("openstack" if _is_cloud(cloud) else None)
        self._master_fqdn = masterFQDN
        self._ttl = ttl or ("365d" if self.build_wait_timeout < 0 else "1d")
        digest = hashlib.sha1(self.master.name.encode()).hexdigest()[:6]
        self._builder = f"latent-{digest}"
        words = [virtbs] if isinstance(virtbs, str) else list(virtbs)
        for option, value in [("--driver", self._driver), ("--root", root), ("--connect", connect)]:
            words += [] if value is None else [option, value]
        for path in [config] if isinstance(config, str) else config:
            words += ["--config", path]
        self._virtbs = words
        self._lease, self._do = _lease_words(self._ttl, checkpoint, files or {}, do)
        kept = {key: value for key, value in os.environ.items() if key not in FOREIGN}
        self._environment = {**kept, **credentials}

    @defer.inlineCallbacks
    def startService(self) -> Generator[Any, Any, None]:
        yield super().startService()
        # What an earlier run of the master left must not meet what this one makes.
        self._start_stop_lock.run(LEFT_OVERS.run, self._end_left_over).addErrback(log.err, f"while {self.name} ends what was left")

    def stopService(self) -> Any:
        self._interrupt()
        return super().stopService()

    def insubstantiate(self, *args: Any, **kwargs: Any) -> Any:
        # It waits until the start has ended, which may take as long as a VM needs that never comes.
        self._interrupt()
        return super().insubstantiate(*args, **kwargs)

    @defer.inlineCallbacks
    def renderWorkerProps(self, build: Any) -> Generator[Any, Any, Any]:
        cloud = self._cloud
        renderable = ("flavor", "image", "block_devices", "meta", "nova_args", "region")
        wanted = {key: cloud[key] for key in renderable if cloud.get(key) is not None}
        props = yield build.render((self._layers, self._topology, wanted))
        return props

    @defer.inlineCallbacks
    def start_instance(self, build: Any) -> Generator[Any, Any, bool]:
        if self.instance is not None:
            raise ValueError("instance active")
        if self.build_wait_timeout < 0 and self.conn is not None:
            # It is never ended, and has come back to a master that was started again.
            return True
        layers, topology, cloud = yield self.renderWorkerPropsOnStart(build)
        run = f"{self.name}.{secrets.token_hex(6)}"
        self.instance = _Instance(run, time.monotonic())
        try:
            words = _plan_words(layers, topology)
            overrides = yield self._overrides(words, cloud)
        except ValueError as problem:
            raise LatentWorkerCannotSubstantiate(f"{self.name}: {problem}") from problem
        ended = yield self._run(
            ["lease", *overrides, *self._lease, *words, *self._do],
            run,
            given=self._variables(),
        )
        if self.instance.interrupted:
            # Whoever interrupted it has said why, and stops the instance next.
            return True
        if ended.code != 0:
            raise _failure_of(self.name, ended)
        made = json.loads(ended.out)
        self.instance.slice = made["slice"]
        self.instance.vms = tuple(vm["hostname"] for vm in made["vms"])
        log.msg(f"{self.name}: slice {made['slice']} stands: {', '.join(self.instance.vms)}")
        return True

    @defer.inlineCallbacks
    def stop_instance(self, fast: bool = False) -> Generator[Any, Any, None]:
        instance, self.instance = self.instance, None
        self.resetWorkerPropsOnStop()
        if instance is None:
            return
        for delay in (*WIPE_DELAYS, None):
            ended = yield self._run(["wipe", "--session", f"{self._builder}/{instance.run}"], instance.run)
            if ended.code == 0:
                return
            if delay is None or fast:
                break
            yield task.deferLater(self.master.reactor, delay, lambda: None)
        # The next start of this worker tears it down; where there is none, its time ends it.
        log.msg(f"{self.name}: what virtbs made for {instance.run} could not be wiped: {ended.err.strip()}")

    @defer.inlineCallbacks
    def check_instance(self) -> Generator[Any, Any, tuple[bool, str]]:
        """Says whether all VMs still run. Buildbot asks since 3.8, between start and attach."""
        instance = self.instance
        if instance is None or instance.slice is None:
            return (True, "")
        ended = yield self._run(["ls", "--slice", str(instance.slice), "--json"], instance.run)
        if ended.code != 0:
            return (False, _last_words(ended))
        vms = [vm for each in json.loads(ended.out)["slices"] for vm in each["vms"]]
        off = sorted({*instance.vms} - {vm["hostname"] for vm in vms if vm["power"] == "running"})
        return (not off, f"not running: {', '.join(off)}" if off else "")

    def canStartBuild(self) -> bool:
        return not self._is_old() and super().canStartBuild()

    def buildFinished(self, wfb: Any) -> None:
        super().buildFinished(wfb)
        if self._is_old() and not self.building and self.build_wait_timeout > 0:
            self.master.reactor.callLater(0, self._soft_disconnect)

    def _is_old(self) -> bool:
        """Tells whether less than half of its time is left, so that a build could be cut."""
        if self.instance is None or self.build_wait_timeout < 0:
            return False
        return time.monotonic() - self.instance.since > _seconds(self._ttl) / 2

    @defer.inlineCallbacks
    def _end_left_over(self) -> Generator[Any, Any, None]:
        if self.instance is not None or self.build_wait_timeout < 0:
            return
        ended = yield self._run(["wipe", "--session", f"buildbot:{self.name}/{self._builder}"], f"{self.name}.none")
        if ended.code != 0:
            log.msg(f"{self.name}: what an earlier run left could not be wiped: {_last_words(ended)}")

    def _interrupt(self) -> None:
        """Ends a lease that is in the making; virtbs then wipes what it has made."""
        if self._program is None or self.state not in (States.SUBSTANTIATING, States.SUBSTANTIATING_STARTING):
            return
        if self.instance is not None:
            self.instance.interrupted = True
        try:
            self._program.signalProcess("INT")
        except error.ProcessExitedAlready:
            pass

    @defer.inlineCallbacks
    def _run(self, words: Sequence[str], run: str, given: str = "") -> Generator[Any, Any, _Ended]:
        program = _Program(f"{self.name}: virtbs {words[0]}", given.encode())
        folder = os.path.join(self.master.basedir, "virtbs", self.name)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        session = {
            "BUILDBOT_BUILDERNAME": self._builder,
            "BUILDBOT_BUILDNUMBER": run,
            "BUILDBOT_WORKERNAME": self.name,
        }
        argv = [*self._virtbs, "--output-dir", folder, *words]
        try:
            spawned = self.master.reactor.spawnProcess(
                program, argv[0], argv, env={**self._environment, **session}, path=self.master.basedir
            )
        except OSError as problem:
            return _Ended(1, "", f"{argv[0]} cannot be started: {problem}")
        if words[0] == "lease":
            self._program = spawned
        try:
            ended = yield program.ended
        finally:
            if self._program is spawned:
                self._program = None
        return ended

    def _variables(self) -> str:
        """Returns the file with what the worker needs to attach, for a shell and for systemd."""
        host, _, port = (self._master_fqdn or "").partition(":")
        if not port and self.registration is not None:
            port = str(self.registration.getPBPort())
        variables = {
            "BUILDMASTER": host,
            "BUILDMASTER_PORT": port,
            "WORKERNAME": self.name,
            "WORKERPASS": self.password,
            **self._env,
        }
        return "".join(f"{name}={_quote(name, str(value))}\n" for name, value in variables.items())

    @defer.inlineCallbacks
    def _overrides(self, words: Sequence[str], cloud: Mapping[str, Any]) -> Generator[Any, Any, list[str]]:
        settings = _settings(cloud, self._cloud)
        image = cloud.get("image")
        if image is not None:
            ended = yield self._run(["plan", "--json", *words], f"{self.name}.none")
            if ended.code != 0:
                raise _failure_of(self.name, ended)
            settings += _image_settings(str(image), json.loads(ended.out), words[0], self._driver)
        return [word for path, value in settings for word in ("-E", f"{path}={json.dumps(value)}")]


CLOUD_ARGS = (
    "flavor",
    "os_username",
    "os_password",
    "os_tenant_name",
    "os_auth_url",
    "os_user_domain",
    "os_project_domain",
    "os_auth_args",
    "block_devices",
    "region",
    "image",
    "meta",
    "nova_args",
    "client_version",
)


def _refuse(problem: str) -> None:
    config.error(problem)


def _split_cloud(kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    cloud = {key: value for key, value in kwargs.items() if key in CLOUD_ARGS}
    return cloud, {key: value for key, value in kwargs.items() if key not in CLOUD_ARGS}


def _is_cloud(cloud: Mapping[str, Any]) -> bool:
    return any(value is not None for key, value in cloud.items() if key not in ("image", "client_version"))


def _problems(
    *,
    name: str,
    layers: Any,
    masterFQDN: str | None,
    driver: str | None,
    ttl: str | None,
    checkpoint: str | None,
    cloud: Mapping[str, Any],
    waits_for_ever: bool,
) -> Generator[str, None, None]:
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", str(name)):
        yield "its name has characters that no folder or host name should have"
    if layers is None:
        yield "layers are missing: 'roles,buildbot-worker' with integrations/buildbot/worker.yaml in config"
    if masterFQDN is not None and not re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?", masterFQDN):
        yield f"masterFQDN {masterFQDN!r} is not HOST or HOST:PORT"
    if driver not in (None, "libvirt", "openstack"):
        yield f"driver {driver!r} is neither 'libvirt' nor 'openstack'"
    if driver == "libvirt" and _is_cloud(cloud):
        given = [key for key in cloud if key not in ("image", "client_version") and cloud[key] is not None]
        yield f"{', '.join(given)}: only for driver='openstack'; roles of virtbs say what VMs of libvirt are"
    if checkpoint not in (None, "auto", "yes", "no"):
        yield f"checkpoint {checkpoint!r} is neither 'auto' nor 'yes' nor 'no'"
    if ttl is not None and (not isinstance(ttl, str) or _seconds(ttl) <= 0):
        yield f"ttl {ttl!r} is not a duration such as '90m', '8h' or '1d'"
    if ttl is not None and waits_for_ever:
        yield "ttl and a negative build_wait_timeout, which never ends a worker, exclude each other"
    yield from _cloud_problems(cloud)


def _cloud_problems(cloud: Mapping[str, Any]) -> Generator[str, None, None]:
    version = cloud.get("client_version")
    if version is not None and not re.fullmatch(r"2(\.\d+)?", str(version)):
        yield f"client_version {version!r} is neither '2' nor a microversion such as '2.90'"
    auth = cloud.get("os_auth_args")
    if isinstance(auth, Mapping):
        for key in auth:
            if key not in AUTH_ARGS:
                yield f"os_auth_args has {key!r}, which virtbs reads from clouds.yaml alone: set OS_CLOUD"
    nova = cloud.get("nova_args")
    if isinstance(nova, Mapping):
        try:
            list(_nova_settings(nova))
        except ValueError as problem:
            yield str(problem)


def _credentials(cloud: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the ``OS_*`` variables that the arguments stand for."""
    names = {
        "os_auth_url": "auth_url",
        "os_username": "username",
        "os_password": "password",
        "os_tenant_name": "project_name",
        "os_user_domain": "user_domain_name",
        "os_project_domain": "project_domain_name",
    }
    given = {names[key]: value for key, value in cloud.items() if key in names and value is not None}
    auth = cloud.get("os_auth_args")
    if auth is not None:
        given = dict(auth)
    if not given:
        return {}
    return {f"OS_{key.upper()}": value for key, value in given.items()}


def _lease_words(
    ttl: str, checkpoint: str | None, files: Mapping[str, str], do: bool | Sequence[str]
) -> tuple[list[str], list[str]]:
    """Returns the options of ``virtbs lease``, and those that stand behind its words."""
    options = ["--json", "--ttl", ttl, "--environment", "/dev/stdin"]
    options += [] if checkpoint is None else ["--checkpoint", checkpoint]
    for guest, local in sorted(files.items()):
        options += ["--file", f"{guest}={local}"]
    if not do:
        return options, []
    names = [] if do is True else [do] if isinstance(do, str) else list(do)
    # The worker starts when its file is there, so with tasks it starts when these are done.
    return [*options, "--late-files"], ["--do", *names]


def _plan_words(layers: Any, topology: Any) -> list[str]:
    words = [
        layers if isinstance(layers, str) else ",".join(layers),
        *([topology] if isinstance(topology, str) else topology),
    ]
    for word in words:
        if word == "" or word.startswith("-"):
            raise ValueError(f"{word!r} is neither layers nor a part of a topology")
    return words


def _settings(rendered: Mapping[str, Any], given: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Returns paths and values of virtbs's configuration for the arguments of OpenStackLatentWorker."""
    settings: list[tuple[str, Any]] = []
    for key in ("flavor", "region", "block_devices"):
        if rendered.get(key) is not None:
            value = rendered[key]
            settings.append((f"openstack.{key}", str(value) if key == "flavor" else value))
    if rendered.get("meta") is not None:
        settings.append(("openstack.meta", {str(key): str(value) for key, value in rendered["meta"].items()}))
    version = str(given.get("client_version") or "2")
    if version != "2":
        settings.append(("openstack.compute_api_version", version))
    settings += _nova_settings(rendered.get("nova_args") or {})
    return settings


def _nova_settings(nova: Mapping[str, Any]) -> list[tuple[str, Any]]:
    server: dict[str, Any] = {}
    settings: list[tuple[str, Any]] = []
    for key, value in nova.items():
        if key in REFUSED_NOVA_ARGS:
            raise ValueError(f"nova_args has {key!r}: {REFUSED_NOVA_ARGS[key]}")
        if key in SERVER_ARGS:
            server[SERVER_ARGS[key]] = value
        elif key == "availability_zone":
            settings.append(("openstack.availability_zones", [value]))
        elif key == "nics":
            settings.append(("openstack.networks", {"net": _only_network(value)}))
        elif key != "config_drive" or value is not True:
            why = "virtbs always asks for one" if key == "config_drive" else "virtbs does not know it"
            raise ValueError(f"nova_args has {key!r}: {why}")
    return settings + ([("openstack.server_args", server)] if server else [])


def _only_network(nics: Any) -> str:
    if isinstance(nics, Sequence) and len(nics) == 1 and isinstance(nics[0], Mapping) and set(nics[0]) == {"net-id"}:
        return str(nics[0]["net-id"])
    raise ValueError("nova_args has 'nics': only one with a net-id; openstack.networks in a configuration takes more")


def _image_settings(
    image: str, plan: Mapping[str, Any], layers: str, driver: str | None
) -> list[tuple[str, Any]]:
    """Returns what gives the VMs an image: one of the cloud by id or name, or a slot of virtbs's library."""
    if driver == "openstack":
        kind = "id" if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", image) else "name"
        slots = {vm["disks"][0]["slot"] for vm in plan["vms"] if vm["disks"]}
        return [("openstack.images", {slot: {kind: image} for slot in sorted(slots) if slot is not None})]
    layer = layers.split(",")[-1]
    disks = sorted({(vm["role"], vm["disks"][0]["name"]) for vm in plan["vms"] if vm["disks"]})
    return [(f'machine_matrix."{layer}".{role}.disks.{disk}.image_slot', image) for role, disk in disks]


def _quote(name: str, value: str) -> str:
    if re.fullmatch(r"[\w@%+=:,./-]*", value):
        return value
    if re.search(r"['\n\r\0]", value):
        raise LatentWorkerCannotSubstantiate(f"{name} has a quote or a line break, which its file cannot have")
    return f"'{value}'"


def _seconds(duration: str) -> float:
    """Returns the seconds of a duration as virtbs reads it; 0 for what is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|min|h|d)?", duration)
    if found is None:
        return 0
    return float(found[1]) * {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}[found[2] or "s"]


def _failure_of(name: str, ended: _Ended) -> Exception:
    """Returns the failure of a build that no second try mends, or of a worker that is tried again."""
    kind = LatentWorkerCannotSubstantiate if ended.code == REFUSED else LatentWorkerFailedToSubstantiate
    return kind(f"{name}: virtbs ended with exit code {ended.code}", _last_words(ended))


def _last_words(ended: _Ended) -> str:
    """Returns what virtbs says of its failure: its error with the hint, or else the end of what it said."""
    try:
        said = json.loads(ended.out)["error"]
        return "\n".join(filter(None, [said["message"], said["hint"] and f"hint: {said['hint']}", f"code: {said['code']}"]))
    except (ValueError, KeyError, TypeError):
        return ended.err.strip()[-2000:]
