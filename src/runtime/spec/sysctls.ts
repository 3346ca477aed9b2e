import { TcomposeError } from '../../errors.ts';

/** The namespaces that are a container's own. */
interface OwnedNamespaces {
  readonly network: boolean;
  readonly ipc: boolean;
  readonly uts: boolean;
}

/** System V and POSIX IPC settings that belong to an IPC namespace (ipc_namespaces(7)). */
const ipcKeys = new Set([
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
]);

/** Set for every container with its own network, as in Docker: low ports and ping need no root there. */
const networkDefaults = (groups: number): Readonly<Record<string, string>> => ({
  'net.ipv4.ip_unprivileged_port_start': '0',
  'net.ipv4.ping_group_range': `0 ${groups - 1}`,
});

/** Most groups that ping_group_range accepts. */
const allGroups = 2 ** 31;

/**
 * The sysctls of a container, including defaults. Refuses, with the reason, each one that would have an effect beyond
 * the container's own namespaces, and the host name, which has a setting of its own. `groups`: how many ids from 0 on
 * are groups in this user namespace; the kernel accepts no others. Throws RUNTIME_SYSCTL.
 */
export function sysctls(
  wanted: Readonly<Record<string, string>>,
  owned: OwnedNamespaces,
  groups: number = allGroups,
): Record<string, string> {
  for (const key of Object.keys(wanted)) checkSysctl(key, owned);
  const defaults = owned.network ? networkDefaults(Math.min(groups, allGroups)) : {};
  return { ...defaults, ...wanted };
}

/**
 * Throws RUNTIME_SYSCTL unless `key` (`net.core.somaxconn` or `net/core/somaxconn`) belongs to one of the container's
 * own namespaces.
 */
export function checkSysctl(key: string, owned: OwnedNamespaces): void {
  const dotted = key.replaceAll('/', '.');
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.:@-]*$/.test(dotted) || dotted.includes('..') || dotted.endsWith('.')) {
    throw refuse(key, 'is not the name of a setting', 'Write it like net.core.somaxconn.');
  }
  if (dotted.startsWith('net.')) {
    if (!owned.network) throw shares(key, 'network');
  } else if (ipcKeys.has(dotted) || dotted.startsWith('fs.mqueue.')) {
    if (!owned.ipc) throw shares(key, 'ipc');
  } else if (dotted === 'kernel.domainname') {
    if (!owned.uts) throw shares(key, 'uts');
  } else if (dotted === 'kernel.hostname') {
    throw refuse(key, 'is set by another option', 'Use hostname instead.');
  } else {
    throw refuse(
      key,
      'is not separate for a container: it would change the whole machine',
      'Only net.*, fs.mqueue.*, kernel.domainname and the kernel.msg*, kernel.sem, kernel.shm* settings are; set others on the host.',
    );
  }
}

function shares(key: string, namespace: string): TcomposeError {
  return refuse(
    key,
    `belongs to the ${namespace} namespace, which this container shares`,
    `Give the container its own ${namespace} namespace, or set it where the namespace comes from.`,
  );
}

function refuse(key: string, why: string, hint: string): TcomposeError {
  return new TcomposeError('RUNTIME_SYSCTL', `sysctl "${key}" ${why}`, { hint });
}
