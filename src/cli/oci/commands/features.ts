import { mountWordNames } from '../../../runtime/launch/mount-flags.ts';
import { readMachineFacts } from '../../../runtime/machine-facts.ts';
import { allCapabilities } from '../../../runtime/spec/capabilities.ts';
import { version } from '../../../version.ts';
import type { Command } from '../../arguments/command.ts';
import { specVersion } from './version.ts';

export const command: Command = {
  name: 'features',
  summary: 'Print what this runtime can do, as JSON (runtime-spec, features.md)',
  args: { max: 0, flags: [] },
  run(_args, ctx) {
    const { cgroups, lastCapability, architecture } = readMachineFacts();
    const features = {
      ociVersionMin: '1.0.0',
      ociVersionMax: specVersion,
      hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
      mountOptions: mountWordNames(),
      linux: {
        namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts'],
        capabilities: allCapabilities(lastCapability),
        cgroup: {
          v1: cgroups.kind === 'v1',
          v2: cgroups.kind === 'v2',
          systemd: false,
          systemdUser: false,
          rdma: false,
        },
        seccomp: {
          enabled: true,
          actions: [
            ...['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO', 'SCMP_ACT_KILL', 'SCMP_ACT_KILL_PROCESS'],
            ...['SCMP_ACT_KILL_THREAD', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE', 'SCMP_ACT_TRAP'],
          ],
          operators: [
            ...['SCMP_CMP_EQ', 'SCMP_CMP_GE', 'SCMP_CMP_GT', 'SCMP_CMP_LE'],
            ...['SCMP_CMP_LT', 'SCMP_CMP_MASKED_EQ', 'SCMP_CMP_NE'],
          ],
          archs:
            architecture === 'arm64'
              ? ['SCMP_ARCH_AARCH64']
              : ['SCMP_ARCH_X86', 'SCMP_ARCH_X86_64', 'SCMP_ARCH_X32'],
        },
        apparmor: { enabled: false },
        selinux: { enabled: false },
        intelRdt: { enabled: false },
        memoryPolicy: {},
        mountExtensions: { idmap: { enabled: true } },
        netDevices: { enabled: false },
      },
      annotations: { 'dev.tcompose.version': version },
    };
    ctx.write(`${JSON.stringify(features, null, 2)}\n`);
    return 0;
  },
};
