import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { System } from './system.ts';

/** What init does before the checks: a machine as an init system leaves it, pure cgroup v2. */
const init = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 /sys/fs/cgroup
ip link set lo up
hostname tcompose-vm
export PATH=/usr/local/bin:/usr/sbin:/usr/bin HOME=/root
node /opt/checks.mjs
echo "@@end $?"
sync
poweroff -f
`;

/** A script for init, and nothing beside the checks. */
export const bareSystem: System = {
  init: '/usr/bin/vm-init',
  commandLine: '',
  files: {
    'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
    'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
    'etc/hostname': 'tcompose-vm\n',
    'etc/hosts': '127.0.0.1 localhost\n',
    'etc/machine-id': '0123456789abcdef0123456789abcdef\n',
    'etc/resolv.conf': '',
    'usr/bin/vm-init': init,
  },
  moduleFolders: [],
  boots: 1,
  install: () => {},
  finish: (root) => chmodSync(join(root, 'usr/bin/vm-init'), 0o755),
};
