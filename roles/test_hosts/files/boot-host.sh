# Turns a container into something that boots like a server; the entry point of a test host.
# systemd needs to write to its own part of the control groups.
for folder in /sys/fs/cgroup /sys/fs/cgroup/*; do
  mount -o remount,bind,rw "$folder" 2>/dev/null || true
done
# Kernel settings of its own network have to be writable, for routing to its containers.
umount /proc/sys 2>/dev/null || true
# Docker binds these three from outside; on a server they are plain files that can be replaced.
for file in /etc/hosts /etc/hostname /etc/resolv.conf; do
  content=$(cat "$file")
  umount "$file" && printf '%s\n' "$content" > "$file"
done
ssh-keygen -A >/dev/null
exec /sbin/init
