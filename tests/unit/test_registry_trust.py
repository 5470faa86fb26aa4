"""The registry's name leads to one host, and its certificate is trusted, without touching anything else."""

from __future__ import annotations

from pathlib import Path

from remlab.registry_trust import trust, with_address

HOSTS = "127.0.0.1 localhost\n192.0.2.1 registry.lab\n192.0.2.9 registry.lab.example\n"


def test_another_address_replaces_the_names_line_and_leaves_the_others() -> None:
    assert with_address(HOSTS, "registry.lab", "192.0.2.7") == (
        "127.0.0.1 localhost\n192.0.2.9 registry.lab.example\n192.0.2.7 registry.lab\n"
    )


def test_only_what_differs_is_written_and_check_mode_writes_nothing(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n", encoding="utf-8")
    certificate = tmp_path / "certs" / "registry.lab:5000" / "ca.crt"

    def run(address: str, *, check: bool = False) -> list[str]:
        return trust(
            name="registry.lab",
            port=5000,
            address=address,
            authority="PEM",
            check=check,
            hosts_file=hosts,
            certificates=tmp_path / "certs",
        )

    both = [str(certificate), str(hosts)]
    assert run("192.0.2.7", check=True) == both
    assert not certificate.exists()
    assert run("192.0.2.7") == both
    assert run("192.0.2.7") == []
    assert run("192.0.2.8") == [str(hosts)]
    assert certificate.read_text() == "PEM"
    assert hosts.read_text() == "127.0.0.1 localhost\n192.0.2.8 registry.lab\n"
