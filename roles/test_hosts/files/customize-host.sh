#!/bin/sh
# Runs once over the tree of a new image ($1): what an installer would have asked for.
set -eu
root="$1"
chroot "$root" useradd --create-home --shell /bin/bash labadmin
install -d -o 1000 -g 1000 -m 0700 "$root/home/labadmin/.ssh"
echo 'labadmin ALL=(ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/labadmin"
chmod 0440 "$root/etc/sudoers.d/labadmin"
# Each host gets a key of its own when it is made.
rm -f "$root"/etc/ssh/ssh_host_*
chroot "$root" systemctl mask getty.target systemd-modules-load.service systemd-networkd-wait-online.service >/dev/null 2>&1
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin
