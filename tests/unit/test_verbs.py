"""What the verbs of ./lab pass on."""

from __future__ import annotations

from typing import Any

import pytest

from labtool import verbs


@pytest.mark.parametrize(("verb", "options"), [("deploy", []), ("plan", ["--check", "--diff"])])
def test_a_new_swarm_is_asked_for_by_a_setting(
    monkeypatch: pytest.MonkeyPatch, verb: str, options: list[str]
) -> None:
    ran: list[list[str]] = []

    def become(request: verbs.Request, *words: str, **_more: Any) -> None:
        ran.append([*words, *request.rest])
        raise SystemExit

    monkeypatch.setattr(verbs, "_playbook", become)
    for rest in (["-v", "--new-swarm"], ["-v"]):
        with pytest.raises(SystemExit):
            verbs.VERBS[verb].run(verbs.Request("campus.yml", rest))
    asked = ["-e", "{lab_new_swarm: true}"]
    assert ran == [["site.yml", *options, *asked, "-v"], ["site.yml", *options, "-v"]]
