"""What this host's own packet filter (iptables) says about the laboratory's ports."""

from __future__ import annotations

import shlex
import shutil
import subprocess

# The chain of role firewall.
_OUR_CHAIN = "REMLAB"
# Words of a rule that leave it as general as we understand it. Each is followed by one value.
_UNDERSTOOD = {"-A", "-p", "-m", "-s", "--dport", "--dports", "-j", "--reject-with", "--comment"}


def _rules(chain: str) -> str:
    if shutil.which("iptables") is None:
        return ""
    done = subprocess.run(
        ["iptables", "-w", "2", "-S", chain], capture_output=True, text=True, check=False, timeout=10
    )
    return done.stdout if done.returncode == 0 else ""


def input_rules() -> str:
    """Rules of chain INPUT as `iptables -S` writes them; "" without iptables."""
    return _rules("INPUT")


def allowed() -> set[str] | None:
    """Addresses that our own firewall lets in; None where it is not in force yet."""
    rules = _rules(_OUR_CHAIN)
    return addresses(rules) if rules else None


def addresses(rules: str) -> set[str]:
    """Addresses that a chain returns from, out of `iptables -S`."""
    found = set()
    for words in map(shlex.split, rules.splitlines()):
        if "-s" in words and words[-2:] == ["-j", "RETURN"]:
            found.add(words[words.index("-s") + 1].removesuffix("/32"))
    return found


def dropping(rules: str, port: int, source: str) -> str:
    """The rule of a chain that plainly drops UDP from that address to that port; "" when none does.

    Only rules that name the port are understood. A chain's policy, nftables and other chains are not.
    """
    for rule in rules.splitlines():
        words = shlex.split(rule)
        options = dict(zip(words[::2], words[1::2], strict=False))
        ports = [options.get("--dport", ""), *options.get("--dports", "").split(",")]
        if not set(options) <= _UNDERSTOOD or options.get("-p") != "udp" or str(port) not in ports:
            continue
        if options.get("-s", source).removesuffix("/32") != source:
            continue
        return rule if options.get("-j") in ("DROP", "REJECT") else ""
    return ""
