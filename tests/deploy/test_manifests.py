"""What `kubectl apply -k` would send: valid, consistent, and fit for the service."""

import copy
from pathlib import Path

import pytest
import yaml
from kubernetes_validate import ValidationError, latest_version, validate
from manifests import MANIFESTS, NAME, Overlay, size_bytes

from service import __version__
from service.app import create_app, share_out
from service.ops.quota import cgroup_quota
from service.ops.settings import ENV_PREFIX, Settings

OLDEST = "1.30"  # the first with preStop's sleep
CUSTOM = {"ServiceMonitor"}  # not Kubernetes' own: no schema of it is in the package
SELECTED = {"app.kubernetes.io/name": NAME}
SAMPLE_BYTES = 4  # float32
RATE = 16_000  # Hz
IMAGE_USER = 10001
SECONDS_TO_CLOSE = 10


@pytest.mark.parametrize("version", [OLDEST, latest_version()])
def test_every_object_is_valid(overlay: Overlay, version: str) -> None:
    """Each object fits the schema of its kind, with no unknown field, in old and new clusters."""
    for manifest in overlay.manifests:
        if manifest["kind"] not in CUSTOM:
            validate(manifest, version, strict=True)


def test_a_misspelled_field_is_no_valid_object(overlay: Overlay) -> None:
    """The validation sees what it is there for."""
    deployment = copy.deepcopy(overlay.one("Deployment"))
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["livenessprobe"] = container.pop("livenessProbe")
    with pytest.raises(ValidationError, match="livenessprobe"):
        validate(deployment, OLDEST, strict=True)


def test_the_pod_that_fills_the_volume_is_valid() -> None:
    """It stands outside the overlays, is none of the service's pods, and fills their volume."""
    component = MANIFESTS / "components/models-volume"
    pod, claim = (
        yaml.safe_load((component / name).read_text(encoding="utf-8"))
        for name in ("fill.yaml", "claim.yaml")
    )
    validate(pod, OLDEST, strict=True)
    assert not pod["metadata"]["labels"].items() >= SELECTED.items()
    (volume,) = pod["spec"]["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert pod["spec"]["containers"][0]["image"] == f"{NAME}:{__version__}"


def test_everything_points_at_the_same_pods(overlay: Overlay) -> None:
    """Service, budget, policies, autoscaler and monitor mean the Deployment's pods, no others."""
    deployment = overlay.one("Deployment")
    assert overlay.pod["metadata"]["labels"] == SELECTED
    assert deployment["spec"]["selector"]["matchLabels"] == SELECTED
    assert overlay.one("Service")["spec"]["selector"] == SELECTED
    assert overlay.one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == SELECTED
    for policy in overlay.of_kind("NetworkPolicy"):
        assert policy["spec"]["podSelector"]["matchLabels"] == SELECTED
    for constraint in overlay.pod["spec"]["topologySpreadConstraints"]:
        assert constraint["labelSelector"]["matchLabels"] == SELECTED
    for monitor in overlay.of_kind("ServiceMonitor"):
        assert monitor["spec"]["selector"]["matchLabels"] == SELECTED
        assert overlay.one("Service")["metadata"]["labels"].items() >= SELECTED.items()
    target = overlay.one("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", deployment["metadata"]["name"])


def test_every_port_is_the_containers(overlay: Overlay) -> None:
    """One port, by name, from the ingress to the container."""
    (port,) = overlay.container["ports"]
    assert port == {"name": "http", "containerPort": Settings.model_fields["port"].default}
    (offered,) = overlay.one("Service")["spec"]["ports"]
    assert offered["targetPort"] == offered["name"] == port["name"]
    for policy in overlay.of_kind("NetworkPolicy"):
        for rule in policy["spec"]["ingress"]:
            assert [allowed["port"] for allowed in rule["ports"]] == [port["name"]]
    for ingress in overlay.of_kind("Ingress"):
        (path,) = ingress["spec"]["rules"][0]["http"]["paths"]
        service = {"name": overlay.one("Service")["metadata"]["name"], "port": {"name": "http"}}
        assert path["backend"]["service"] == service
    for monitor in overlay.of_kind("ServiceMonitor"):
        assert [endpoint["port"] for endpoint in monitor["spec"]["endpoints"]] == ["http"]


def test_every_path_that_is_asked_for_is_a_route(overlay: Overlay) -> None:
    """Probes and the monitor ask for what the service has; liveness asks nothing of the models."""
    routes = set(create_app(Settings()).openapi()["paths"])
    probes = {
        name: overlay.container[name]["httpGet"]["path"]
        for name in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    assert probes["startupProbe"] == probes["livenessProbe"] == "/health"
    assert probes["readinessProbe"] == "/readyz"
    scraped = {
        endpoint["path"]
        for monitor in overlay.of_kind("ServiceMonitor")
        for endpoint in monitor["spec"]["endpoints"]
    }
    assert {*probes.values(), *scraped} <= routes


def test_a_pod_has_no_rights(overlay: Overlay) -> None:
    """The image's user, a read-only root, no capability, no token, system calls filtered."""
    spec, security = overlay.pod["spec"], overlay.container["securityContext"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == IMAGE_USER
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert security["readOnlyRootFilesystem"] is True
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}


def test_nothing_leaves_a_pod(overlay: Overlay) -> None:
    """Some policy restricts what goes out, and none allows anything."""
    policies = [policy["spec"] for policy in overlay.of_kind("NetworkPolicy")]
    assert any("Egress" in policy["policyTypes"] for policy in policies)
    assert not any(policy.get("egress") for policy in policies)


def test_no_variable_is_made_of_the_services_name(overlay: Overlay) -> None:
    """For a Service named kolvani the kubelet would set KOLVANI_PORT to tcp://..., no port."""
    assert overlay.one("Service")["metadata"]["name"] == NAME
    assert overlay.pod["spec"]["enableServiceLinks"] is False


def test_every_variable_is_a_setting(overlay: Overlay, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ConfigMap sets what the service knows, to values that it takes."""
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name, value in overlay.environment.items():
        assert name in known
        monkeypatch.setenv(name, value)
    Settings()


@pytest.fixture
def settings(overlay: Overlay, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """As a pod reads them."""
    for name, value in overlay.environment.items():
        monkeypatch.setenv(name, value)
    return Settings()


def workers_of(overlay: Overlay, settings: Settings, folder: Path) -> int:
    """What the service makes of the quota that the kubelet sets for the CPU limit."""
    limit = float(overlay.container["resources"]["limits"]["cpu"])
    (folder / "cpu.max").write_text(f"{int(limit * 100_000)} 100000\n", encoding="ascii")
    quota = cgroup_quota(folder)
    assert quota is not None
    return share_out(int(quota), settings)[1]


def test_the_whole_quota_is_worked_with(
    overlay: Overlay, settings: Settings, tmp_path: Path
) -> None:
    """CPUs are whole, asked for in full, and each of them gets a worker."""
    resources = overlay.container["resources"]
    assert resources["requests"] == resources["limits"]
    assert workers_of(overlay, settings, tmp_path) == int(resources["limits"]["cpu"])


def test_uploads_fit_in_the_temporary_folder(
    overlay: Overlay, settings: Settings, tmp_path: Path
) -> None:
    """With a full queue of the largest uploads, and the longest audio in every worker, no pod is
    evicted for the room that it takes on disk.
    """
    workers = workers_of(overlay, settings, tmp_path)
    uploads = (workers + settings.max_queue) * settings.max_upload_bytes
    samples = workers * int(settings.max_audio_sec * RATE) * SAMPLE_BYTES
    volumes = {
        volume["name"]: size_bytes(volume["emptyDir"]["sizeLimit"])
        for volume in overlay.pod["spec"]["volumes"]
        if "emptyDir" in volume
    }
    assert uploads + samples <= volumes["temporary"]
    limit = overlay.container["resources"]["limits"]["ephemeral-storage"]
    assert sum(volumes.values()) < size_bytes(limit)


def test_the_folders_that_are_written_are_volumes(overlay: Overlay) -> None:
    """On a read-only root, temporary files and the cache have a place; the rest is read."""
    mounts = {mount["mountPath"]: mount for mount in overlay.container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in overlay.pod["spec"]["volumes"]}
    written = {path for path, mount in mounts.items() if not mount.get("readOnly")}
    assert written == {"/tmp", overlay.environment["KOLVANI_CACHE_DIR"]}  # noqa: S108  # a pod's
    assert all("emptyDir" in volumes[mounts[path]["name"]] for path in written)


def test_keys_are_read_from_the_mounted_secret(overlay: Overlay) -> None:
    """Where keys are asked for, their file lies in a mounted folder, which follows the Secret."""
    file = overlay.environment.get("KOLVANI_API_KEYS_FILE")
    mounts = {mount["mountPath"]: mount for mount in overlay.container["volumeMounts"]}
    if file is None:
        assert not any("secret" in volume for volume in overlay.pod["spec"]["volumes"])
    else:
        assert "subPath" not in mounts[str(Path(file).parent)]


def test_prometheus_has_a_key_where_keys_are_asked_for(overlay: Overlay) -> None:
    """From a Secret of its own; without keys it sends none."""
    asked = "KOLVANI_API_KEYS_FILE" in overlay.environment
    for monitor in overlay.of_kind("ServiceMonitor"):
        for endpoint in monitor["spec"]["endpoints"]:
            assert ("authorization" in endpoint) == asked
            if asked:
                assert endpoint["authorization"] == {
                    "type": "Bearer",
                    "credentials": {"name": f"{NAME}-metrics-key", "key": "key"},
                }


def test_the_ingress_takes_what_the_service_takes(overlay: Overlay, settings: Settings) -> None:
    """The largest body is the same on both, and no answer is waited for in vain."""
    grace = overlay.pod["spec"]["terminationGracePeriodSeconds"]
    pause = overlay.container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert grace > pause
    for ingress in overlay.of_kind("Ingress"):
        annotations = ingress["metadata"]["annotations"]
        largest = annotations["nginx.org/client-max-body-size"]
        assert int(largest.removesuffix("m")) << 20 == settings.max_upload_bytes
        patience = annotations["nginx.org/proxy-read-timeout"]
        assert grace >= pause + int(patience.removesuffix("s"))


def test_a_pod_ends_before_it_is_killed(overlay: Overlay, settings: Settings) -> None:
    """preStop, grace, and seconds to close, within what the kubelet gives; and one request alone
    is worth less than the budget, which others wait for.
    """
    grace = overlay.pod["spec"]["terminationGracePeriodSeconds"]
    pause = overlay.container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pause + settings.grace_sec + SECONDS_TO_CLOSE <= grace
    assert settings.max_audio_sec <= settings.max_queue_audio_sec


def test_the_image_is_of_this_version(overlay: Overlay) -> None:
    """No floating tag: what is applied twice is the same."""
    assert overlay.container["image"] == f"{NAME}:{__version__}"
