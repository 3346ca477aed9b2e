import type { Shape } from './shapes.ts';
import { amount, flag, id, listOf, mapOf, record, text, whole } from './shapes.ts';

const texts = listOf(text);
const mappings = listOf(record({ containerID: id, hostID: id, size: id }, ['containerID', 'hostID', 'size']));
const capabilities = record({
  bounding: texts,
  effective: texts,
  permitted: texts,
  inheritable: texts,
  ambient: texts,
});

/** `process` of config.json, and the document for `exec --process`. */
export const processShape: Shape = record(
  {
    terminal: flag,
    consoleSize: record({ height: id, width: id }),
    user: record({ uid: id, gid: id, umask: id, additionalGids: listOf(id) }),
    args: texts,
    env: texts,
    cwd: text,
    capabilities,
    rlimits: listOf(record({ type: text, soft: amount, hard: amount }, ['type', 'soft', 'hard'])),
    noNewPrivileges: flag,
    oomScoreAdj: whole,
    ioPriority: record({ class: text, priority: whole }, ['class']),
    scheduler: record(
      {
        policy: text,
        nice: whole,
        priority: whole,
        flags: texts,
        runtime: whole,
        deadline: whole,
        period: whole,
      },
      ['policy'],
    ),
    execCPUAffinity: record({ initial: text, final: text }),
    apparmorProfile: text,
    selinuxLabel: text,
  },
  ['args', 'cwd'],
);

const hooks = listOf(record({ path: text, args: texts, env: texts, timeout: whole }, ['path']));
const throttles = listOf(record({ major: whole, minor: whole, rate: amount }, ['major', 'minor', 'rate']));

/** `linux.resources` of config.json, and the document for `update`. */
export const resourcesShape: Shape = record({
  devices: listOf(record({ allow: flag, type: text, major: whole, minor: whole, access: text }, ['allow'])),
  memory: record({
    limit: amount,
    reservation: amount,
    swap: amount,
    kernelTCP: amount,
    swappiness: whole,
    disableOOMKiller: flag,
  }),
  cpu: record({
    shares: amount,
    quota: amount,
    period: amount,
    realtimeRuntime: amount,
    realtimePeriod: amount,
    cpus: text,
    mems: text,
  }),
  pids: record({ limit: whole }, ['limit']),
  blockIO: record({
    weight: whole,
    weightDevice: listOf(record({ major: whole, minor: whole, weight: whole }, ['major', 'minor'])),
    throttleReadBpsDevice: throttles,
    throttleWriteBpsDevice: throttles,
    throttleReadIOPSDevice: throttles,
    throttleWriteIOPSDevice: throttles,
  }),
  unified: mapOf(text),
});

const linux = record({
  namespaces: listOf(record({ type: text, path: text }, ['type'])),
  uidMappings: mappings,
  gidMappings: mappings,
  devices: listOf(
    record({ path: text, type: text, major: whole, minor: whole, fileMode: id, uid: id, gid: id }, [
      'path',
      'type',
    ]),
  ),
  cgroupsPath: text,
  resources: resourcesShape,
  seccomp: record({ defaultAction: text, architectures: texts, flags: texts, syscalls: listOf(record({})) }, [
    'defaultAction',
  ]),
  sysctl: mapOf(text),
  maskedPaths: texts,
  readonlyPaths: texts,
  rootfsPropagation: text,
  timeOffsets: mapOf(record({ secs: whole, nanosecs: whole })),
  personality: record({ domain: text, flags: texts }, ['domain']),
  mountLabel: text,
  intelRdt: record({}),
  memoryPolicy: record({}),
  netDevices: mapOf(record({ name: text })),
});

/** A complete config.json, as far as its fields are read here. */
export const configShape: Shape = record(
  {
    ociVersion: text,
    hostname: text,
    domainname: text,
    process: processShape,
    root: record({ path: text, readonly: flag }, ['path']),
    mounts: listOf(
      record(
        {
          destination: text,
          type: text,
          source: text,
          options: texts,
          uidMappings: mappings,
          gidMappings: mappings,
        },
        ['destination'],
      ),
    ),
    hooks: record({
      prestart: hooks,
      createRuntime: hooks,
      createContainer: hooks,
      startContainer: hooks,
      poststart: hooks,
      poststop: hooks,
    }),
    annotations: mapOf(text),
    linux,
  },
  ['ociVersion', 'root', 'process', 'linux'],
);
