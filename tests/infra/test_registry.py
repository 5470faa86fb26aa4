"""The private registry, as the hosts and as others see it."""

import json
from typing import Any

from tests.infra.deployment import Deployment, Host, Replica
from tests.infra.pulling import pull


def test_the_container_runs_an_image_named_by_its_digest(deployment: Deployment, replica: Replica) -> None:
    image = deployment.container(replica)["Config"]["Image"]
    assert image.startswith(deployment.lab["registry"])
    # The registry itself cannot pull its own image, so it is named by tag.
    assert "@sha256:" in image or replica.service == "registry"


def test_a_host_pulls_with_the_registry_s_password(deployment: Deployment, host: Host, needs: Any) -> None:
    needs("registry", "backend")
    backend = next(one for one in deployment.replicas if one.service == "backend")
    pulled = pull(deployment, host, deployment.container(backend)["Config"]["Image"])
    assert pulled.rc == 0, pulled.stderr


def test_the_registry_shows_nothing_without_a_password(
    deployment: Deployment, host: Host, needs: Any
) -> None:
    needs("registry")
    probe = (
        "import ssl,sys,urllib.request,urllib.error\n"
        "try: print(urllib.request.urlopen(sys.argv[1], context=ssl._create_unverified_context()).status)\n"
        "except urllib.error.HTTPError as error: print(error.code)"
    )
    url = f"https://{deployment.lab['registry']}/v2/_catalog"
    assert host.machine.check_output("python3 -c %s %s", probe, url) == "401"


def test_no_credentials_of_the_registry_stay_on_the_host(deployment: Deployment, host: Host) -> None:
    found = host.machine.run("cat /root/.docker/config.json").stdout or "{}"
    assert deployment.lab["registry"] not in json.loads(found).get("auths", {})
