"""What becomes of the arguments of a worker.

From any folder, with the Python that has Buildbot: ``python3 -m unittest discover -s …/integrations/buildbot/tests``, or pytest.
"""

from __future__ import annotations

import inspect
import sys
import unittest
from pathlib import Path
from typing import Any

try:
    import buildbot  # noqa: F401
except ImportError as problem:
    raise unittest.SkipTest(f"there is no Buildbot for {sys.executable}") from problem

# The module that these tests are of, and no other that is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from buildbot.config.errors import capture_config_errors  # type: ignore[import]
from buildbot.interfaces import LatentWorkerFailedToSubstantiate  # type: ignore[import]
from buildbot.worker.openstack import OpenStackLatentWorker  # type: ignore[import]

import virtbs_buildbot as module
from virtbs_buildbot import VirtbsLatentWorker

LAYERS = {"layers": "roles,buildbot-worker"}


def problems(**arguments: Any) -> list[str]:
    with capture_config_errors() as errors:
        VirtbsLatentWorker("bot", None, **arguments)
    return list(errors.errors)


class Arguments(unittest.TestCase):
    def test_a_worker_needs_layers_alone(self) -> None:
        self.assertEqual(problems(**LAYERS), [])
        self.assertRegex(problems()[0], "layers are missing")

    def test_every_argument_of_buildbots_own_worker_for_openstack_is_taken(self) -> None:
        theirs = set(inspect.signature(OpenStackLatentWorker.checkConfig).parameters) - {"self", "name", "password", "kwargs"}
        self.assertEqual(theirs - set(module.CLOUD_ARGS), set())
        whole = {
            "flavor": "m1.small",
            "image": "debian",
            "os_username": "me",
            "os_password": "secret",
            "os_tenant_name": "team",
            "os_auth_url": "https://cloud.example.org/v3",
            "os_user_domain": "default",
            "os_project_domain": "default",
            "block_devices": [{"uuid": "u", "volume_size": 10}],
            "region": "here",
            "meta": {"team": 1},
            "nova_args": {"availability_zone": "north", "config_drive": True},
            "client_version": "2",
            "build_wait_timeout": 0,
            "missing_timeout": 60,
            "notify_on_missing": ["team@example.org"],
            "max_builds": 1,
        }
        self.assertEqual(problems(**LAYERS, **whole), [])
        self.assertEqual(problems(**LAYERS, os_auth_args={"auth_url": "https://c", "auth_type": "password"}), [])

    def test_what_cannot_be_is_refused_with_the_reason(self) -> None:
        for arguments, reason in [
            ({"masterFQDN": "ci example"}, "is not HOST or HOST:PORT"),
            ({"driver": "vmware"}, "neither 'libvirt' nor 'openstack'"),
            ({"driver": "libvirt", "flavor": "m1"}, "flavor: only for driver='openstack'"),
            ({"ttl": "soon"}, "is not a duration"),
            ({"ttl": "1h", "build_wait_timeout": -1}, "exclude each other"),
            ({"checkpoint": "never"}, "neither 'auto'"),
            ({"client_version": "3"}, "neither '2' nor a microversion"),
            ({"os_auth_args": {"auth_url": "https://c", "identity_provider": "x"}}, "clouds.yaml alone"),
            ({"nova_args": {"userdata": "x"}}, "virtbs writes the user data"),
            ({"nova_args": {"nics": [{"net-id": "a"}, {"net-id": "b"}]}}, "only one with a net-id"),
            ({"nova_args": {"config_drive": False}}, "virtbs always asks for one"),
            ({"nova_args": {"colour": "red"}}, "virtbs does not know it"),
        ]:
            with self.subTest(arguments=arguments):
                self.assertRegex("\n".join(problems(**LAYERS, **arguments)), reason)

    def test_every_argument_of_novaclient_is_passed_on_or_refused(self) -> None:
        try:
            from novaclient.v2.servers import ServerManager  # type: ignore[import]
        except ImportError:
            self.skipTest("novaclient is not installed")
        theirs = set(inspect.signature(ServerManager.create).parameters) - {"self", "name", "image", "flavor", "kwargs"}
        known = {*module.SERVER_ARGS, *module.REFUSED_NOVA_ARGS, "availability_zone", "nics", "config_drive"}
        self.assertEqual(theirs - known, set())


class Settings(unittest.TestCase):
    def test_arguments_are_paths_of_the_configuration(self) -> None:
        rendered = {
            "flavor": 7,
            "region": "here",
            "meta": {"team": 1},
            "block_devices": [{"uuid": "u"}],
            "nova_args": {
                "availability_zone": "north",
                "nics": [{"net-id": "n"}],
                "scheduler_hints": {"group": "g"},
                "tags": ["t"],
            },
        }
        self.assertEqual(
            module._settings(rendered, {"client_version": "2.90"}),
            [
                ("openstack.flavor", "7"),
                ("openstack.region", "here"),
                ("openstack.block_devices", [{"uuid": "u"}]),
                ("openstack.meta", {"team": "1"}),
                ("openstack.compute_api_version", "2.90"),
                ("openstack.availability_zones", ["north"]),
                ("openstack.networks", {"net": "n"}),
                ("openstack.server_args", {"os:scheduler_hints": {"group": "g"}, "tags": ["t"]}),
            ],
        )

    def test_an_image_is_one_of_the_cloud_or_a_slot(self) -> None:
        plan = {"vms": [{"role": "plain", "disks": [{"name": "root", "slot": "debian"}]}, {"role": "pxe", "disks": []}]}
        name = module._image_settings("tested", plan, "roles,debian", "openstack")
        self.assertEqual(name, [("openstack.images", {"debian": {"name": "tested"}})])
        uuid = "077e7354-b7c3-475d-9573-cfba716fed41"
        self.assertEqual(
            module._image_settings(uuid, plan, "roles", "openstack"), [("openstack.images", {"debian": {"id": uuid}})]
        )
        self.assertEqual(
            module._image_settings("mine", plan, "roles,ubuntu-24.04", None),
            [('machine_matrix."ubuntu-24.04".plain.disks.root.image_slot', "mine")],
        )

    def test_credentials_are_variables(self) -> None:
        given = {"os_auth_url": "https://c", "os_tenant_name": "team", "os_user_domain": "d", "flavor": "m1"}
        self.assertEqual(
            module._credentials(given),
            {"OS_AUTH_URL": "https://c", "OS_PROJECT_NAME": "team", "OS_USER_DOMAIN_NAME": "d"},
        )
        self.assertEqual(module._credentials({"os_auth_args": {"auth_type": "v3token"}}), {"OS_AUTH_TYPE": "v3token"})

    def test_values_are_quoted_for_a_shell_and_for_systemd(self) -> None:
        self.assertEqual(module._quote("A", "pass-1/2"), "pass-1/2")
        self.assertEqual(module._quote("A", 'two words $x "y"'), "'two words $x \"y\"'")
        for value in ("it's", "a\nb", "a\0b"):
            with self.assertRaises(module.LatentWorkerCannotSubstantiate):
                module._quote("A", value)

    def test_no_word_of_a_plan_is_an_option(self) -> None:
        self.assertEqual(module._plan_words(["roles", "debian"], ["plain:1", "worker"]), ["roles,debian", "plain:1", "worker"])
        for layers, topology in [("--root=/", "plain"), ("roles", "-s"), ("roles", [""])]:
            with self.assertRaises(ValueError):
                module._plan_words(layers, topology)

    def test_with_tasks_the_files_come_late(self) -> None:
        plain, none = module._lease_words("1d", "yes", {"/etc/b": "b", "/etc/a": "a"}, False)
        self.assertEqual(none, [])
        self.assertEqual(
            plain,
            ["--json", "--ttl", "1d", "--environment", "/dev/stdin", "--checkpoint", "yes"]
            + ["--file", "/etc/a=a", "--file", "/etc/b=b"],
        )
        for do, words in [(True, []), ("deploy", ["deploy"]), (["a", "b"], ["a", "b"])]:
            options, behind = module._lease_words("1d", None, {}, do)
            self.assertEqual(options[-1], "--late-files")
            self.assertEqual(behind, ["--do", *words])
        self.assertEqual(module._lease_words("1d", None, {}, [])[1], [])

    def test_durations_are_those_of_virtbs(self) -> None:
        self.assertEqual([module._seconds(each) for each in ("90", "1.5h", "2min", "1d", "soon")], [90, 5400, 120, 86400, 0])

    def test_a_failure_has_the_words_of_virtbs_and_says_whether_to_try_again(self) -> None:
        out = '{"version": 1, "error": {"code": "usage", "message": "no such layer", "hint": "known: roles"}}'
        refused = module._failure_of("bot", module._Ended(2, out, "noise"))
        self.assertIsInstance(refused, module.LatentWorkerCannotSubstantiate)
        self.assertIn("no such layer\nhint: known: roles\ncode: usage", refused.args)
        failed = module._failure_of("bot", module._Ended(1, "", "the last words\n"))
        self.assertIsInstance(failed, LatentWorkerFailedToSubstantiate)
        self.assertIn("the last words", failed.args)


if __name__ == "__main__":
    unittest.main()
