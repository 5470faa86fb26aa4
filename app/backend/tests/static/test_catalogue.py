"""What is read of the frontend's build."""

from pathlib import Path

import pytest

from app.backend.tests.lab import SCRIPT
from remlab_backend.static import catalogue
from remlab_backend.static.catalogue import load_catalogue
from remlab_backend.static.replies import Reply
from remlab_backend.static.site import StaticSite


def headers(reply: Reply) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in reply.headers}


def test_compressed_forms_are_variants_and_no_files_of_their_own(dist: Path) -> None:
    found = load_catalogue(dist)
    assert set(found.files[SCRIPT].variants) == {"identity", "gzip", "br"}
    assert SCRIPT + ".gz" not in found.files


def test_variants_have_tags_of_their_own(dist: Path) -> None:
    variants = load_catalogue(dist).files[SCRIPT].variants
    assert len({variant.etag for variant in variants.values()}) == 3


def test_only_hashed_assets_never_change(dist: Path) -> None:
    (dist / "assets" / "logo.svg").write_text("<svg/>")
    site = StaticSite(load_catalogue(dist))
    assert "immutable" in headers(site.reply("GET", SCRIPT, []))["cache-control"]
    assert headers(site.reply("GET", "/assets/logo.svg", []))["cache-control"] == "no-cache"
    assert headers(site.reply("GET", "/labs", []))["cache-control"] == "no-cache"


def test_hidden_files_and_links_out_of_the_build_are_not_served(dist: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (dist / ".env").write_text("secret")
    (dist / "link.txt").symlink_to(tmp_path / "secret.txt")
    found = load_catalogue(dist)
    assert "/.env" not in found.files
    assert "/link.txt" not in found.files


def test_a_build_without_routes_has_none_but_the_home(dist: Path) -> None:
    (dist / "routes.json").unlink()
    site = StaticSite(load_catalogue(dist))
    assert site.find("/") is not None
    assert site.find("/labs") is None


def test_wrong_routes_are_refused_at_the_start(dist: Path) -> None:
    (dist / "routes.json").write_text('{"/": 1}')
    with pytest.raises(ValueError, match="JSON list"):
        load_catalogue(dist)


def test_without_a_build_the_home_says_so(tmp_path: Path) -> None:
    site = StaticSite(load_catalogue(tmp_path / "nothing"))
    assert site.reply("GET", "/", []).status == 503
    assert not site.has_pages


@pytest.mark.parametrize("condition", ["{}", "W/{}", '"other", {}', "*"])
def test_a_matching_tag_is_304_without_a_body(dist: Path, condition: str) -> None:
    site = StaticSite(load_catalogue(dist))
    etag = headers(site.reply("GET", "/", []))["etag"]
    reply = site.reply("GET", "/", [(b"if-none-match", condition.format(etag).encode())])
    assert (reply.status, reply.body) == (304, b"")
    assert headers(reply)["etag"] == etag


def test_a_tag_of_another_form_does_not_match(dist: Path) -> None:
    site = StaticSite(load_catalogue(dist))
    etag = headers(site.reply("GET", SCRIPT, [(b"accept-encoding", b"br")]))["etag"]
    assert site.reply("GET", SCRIPT, [(b"if-none-match", etag.encode())]).status == 200


def test_large_files_are_not_held_in_memory(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "HELD_FILE_BYTES", 100)
    site = StaticSite(load_catalogue(dist))
    reply = site.reply("GET", SCRIPT, [])
    assert (reply.body, reply.file is not None) == (b"", True)
    assert site.lasting_reply("GET", SCRIPT, []) is None
