import { describe, expect, it } from 'vitest';
import { bundleConfig, execProcess } from '../../../../src/runtime/foreign/bundle-config.ts';
import { foreignExecPlan, foreignRunPlan } from '../../../../src/runtime/foreign/foreign-plan.ts';
import type { ForeignLauncher } from '../../../../src/runtime/foreign/launcher.ts';
import { buildExecPlan } from '../../../../src/runtime/launch/build-exec-plan.ts';
import { buildLaunchPlan } from '../../../../src/runtime/launch/build-launch-plan.ts';
import type { RootfsContext } from '../../../../src/runtime/launch/launch-context.ts';
import { generateSpec } from '../../../../src/runtime/spec/oci-spec.ts';
import type { MachineFacts, SpecInput } from '../../../../src/runtime/spec/spec-input.ts';
import { containerId, layoutV1, machineV1, machineV2, specInput } from '../machines.ts';

const launcher: ForeignLauncher = {
  kind: 'foreign',
  name: 'crun',
  program: '/usr/bin/crun',
  args: ['--debug'],
  id: containerId,
  bundle: '/run/c/oci',
  hide: ['/sys/fs/cgroup/unified'],
};

const rootfs: RootfsContext = {
  kind: 'overlay',
  lowerDirs: ['/l/a'],
  upper: '/c/upper',
  work: '/c/work',
  mountPoint: '/c/root',
  binds: [{ source: '/usr', target: '/usr', readOnly: true, recursive: true }],
};

const control = {
  layout: { ...layoutV1, others: ['/sys/fs/cgroup/systemd'] } as typeof layoutV1,
  group: `/tcompose-1a2b3c4d/${containerId}`,
  sources: [{ root: '/v/_data', path: 'a/b', name: 'source.0' }],
};

const planned = (options: { tty?: boolean; machine?: MachineFacts; input?: Partial<SpecInput> } = {}) => {
  const { tty = false, machine = machineV1, input = {} } = options;
  const spec = generateSpec(specInput({ machine, ...input }));
  const plan = buildLaunchPlan(spec, {
    id: containerId,
    runDir: '/run/c',
    stdio: { tty, rows: tty ? 24 : 0, columns: tty ? 80 : 0, stdin: true, stdinOnce: true },
    rootfs,
    machine,
    init: false,
    attach: {
      host: [
        {
          op: 'hold-socket',
          name: 'port-tcp-80-4',
          family: 4,
          protocol: 'tcp',
          address: '0.0.0.0',
          port: 80,
          backlog: 1,
        },
      ],
      network: [],
    },
  });
  return { spec, plan, machine };
};

describe('the plan of a container for another runtime', () => {
  it('calls its command line on the bundle', () => {
    const { foreign } = foreignRunPlan(planned().plan, launcher, control);
    const common = [
      '/usr/bin/crun',
      '--debug',
      '--root',
      '/run/c/oci/state',
      '--log',
      '/run/c/oci/log.json',
      '--log-format',
      'json',
    ];
    expect(foreign).toMatchObject({
      bundle: '/run/c/oci',
      hide: ['/sys/fs/cgroup/unified'],
      create: [
        ...common,
        'create',
        '--bundle',
        '/run/c/oci',
        '--pid-file',
        '/run/c/oci/runtime.pid',
        containerId,
      ],
      start: [...common, 'start', containerId],
      kill: [...common, 'kill', containerId],
      delete: [...common, 'delete', '--force', containerId],
    });
  });

  it('keeps sockets and the mount of the root, and leaves the rest to the runtime', () => {
    const plan = foreignRunPlan(planned().plan, launcher, control);
    expect(plan.host.map(({ op }) => op)).toEqual(['hold-socket']);
    expect(plan.setup.map(({ op }) => op)).toEqual(['rootfs-overlay']);
    expect(plan.process.seccomp).toBeUndefined();
    expect(plan.teardown).toEqual([
      ...planned().plan.teardown,
      { op: 'rmdir', path: `/sys/fs/cgroup/cpu${control.group}` },
      { op: 'rmdir', path: `/sys/fs/cgroup/cpuset${control.group}` },
      { op: 'rmdir', path: `/sys/fs/cgroup/systemd${control.group}` },
    ]);
  });

  it('has the terminal handed over where there is one', () => {
    expect(foreignRunPlan(planned({ tty: true }).plan, launcher, control).foreign?.create).toContain(
      '--console-socket',
    );
    expect(foreignRunPlan(planned().plan, launcher, control).foreign?.create).not.toContain(
      '--console-socket',
    );
  });
});

describe('config.json for another runtime', () => {
  const config = (options: Parameters<typeof planned>[0] = {}, init?: string) => {
    const { spec, plan, machine } = planned(options);
    return bundleConfig(spec, {
      launcher,
      rootfs,
      plan,
      machine,
      sources: new Map([['/part', 'source.0']]),
      ...(init === undefined ? {} : { init }),
    });
  };

  it('names root, network and binds of the image by paths of the machine', () => {
    const { ociVersion, root, linux, mounts } = config();
    expect(ociVersion).toBe('1.0.2');
    expect(root).toEqual({ path: '/c/root' });
    expect(linux.namespaces).toContainEqual({ type: 'network', path: '/run/c/oci/netns' });
    expect(mounts[0]).toEqual({
      destination: '/usr',
      type: 'bind',
      source: '/usr',
      options: ['rbind', 'rprivate', 'nodev', 'ro', 'nosuid'],
    });
  });

  it('names the source of a part of a volume where the shim binds it', () => {
    const mount = { type: 'volume', source: '/v/_data/a/b', target: '/part', readOnly: false } as const;
    const { mounts } = config({ input: { mounts: [mount] } });
    expect(mounts.find(({ destination }) => destination === '/part')?.source).toBe('/run/c/oci/source.0');
  });

  it('leaves a joined network and that of the host as they are', () => {
    const joined = config({
      input: { hostConfig: { NetworkMode: 'container:x' }, joined: { network: 7 } },
    });
    expect(joined.linux.namespaces).toContainEqual({ type: 'network', path: '/proc/7/ns/net' });
    const host = config({ input: { hostConfig: { NetworkMode: 'host' } } });
    expect(host.linux.namespaces.map(({ type }) => type)).not.toContain('network');
  });

  it('puts the init before the command', () => {
    const { process, mounts } = config({}, '/run/c/oci/init');
    expect(process.args).toEqual(['/dev/tcompose-init', 'true']);
    expect(mounts.at(-1)).toMatchObject({ destination: '/dev/tcompose-init', source: '/run/c/oci/init' });
  });

  it('says how large the terminal is', () => {
    expect(config({ tty: true }).process).toMatchObject({
      terminal: true,
      consoleSize: { height: 24, width: 80 },
    });
    expect(config().process.terminal).toBeUndefined();
  });

  it('counts control groups from the root of the tree', () => {
    expect(config().linux.cgroupsPath).toBe(`/tcompose-1a2b3c4d/${containerId}`);
    const delegated = {
      ...machineV2,
      cgroups: { ...machineV2.cgroups, base: '/a/b' } as MachineFacts['cgroups'],
    };
    expect(config({ machine: delegated }).linux.cgroupsPath).toBe(`/a/b/tcompose-1a2b3c4d/${containerId}`);
  });

  it('takes CAP_MKNOD away where no control group guards devices', () => {
    const bare: MachineFacts = { ...machineV1, cgroups: { kind: 'none', reason: 'x' } };
    expect(config().process.capabilities?.bounding).toContain('CAP_MKNOD');
    expect(config({ machine: bare }).process.capabilities?.bounding).not.toContain('CAP_MKNOD');
  });

  it('is JSON', () => {
    expect(JSON.parse(JSON.stringify(config()))).toEqual(config());
  });
});

describe('an exec by another runtime', () => {
  const exec = (more: Partial<Parameters<typeof buildExecPlan>[0]> = {}) => {
    const { spec, machine } = planned();
    const plan = buildExecPlan({
      id: 'e1',
      runDir: '/run/e1',
      stdio: { tty: false, rows: 0, columns: 0, stdin: false, stdinOnce: true },
      container: { pid: 5, startTime: 1n, spec },
      args: ['id'],
      env: ['A=b'],
      privileged: false,
      machine,
      ...more,
    });
    return { plan, process: execProcess(plan, spec, machine) };
  };

  it('is detached, with the process in a file of its own directory', () => {
    const { foreign, namespaces } = foreignExecPlan(exec().plan, launcher, '/run/e1');
    expect(foreign?.create.slice(8)).toEqual([
      'exec',
      '--process',
      '/run/e1/process.json',
      '--pid-file',
      '/run/e1/runtime.pid',
      '--detach',
      containerId,
    ]);
    expect(foreign?.create).toContain('/run/c/oci/state');
    expect(foreign?.create).toContain('/run/e1/log.json');
    expect(namespaces.mount).toBe('new');
    expect(foreignExecPlan(exec().plan, { ...launcher, hide: [] }, '/run/e1').namespaces.mount).toBe('host');
  });

  it('has user, environment, directory and capabilities as asked', () => {
    const user = { uid: 1000, gid: 100, groups: [100, 5], home: '/home/u' };
    const { process } = exec({ user, cwd: '/srv' });
    expect(process).toMatchObject({
      user: { uid: 1000, gid: 100, additionalGids: [100, 5] },
      args: ['id'],
      cwd: '/srv',
    });
    expect(process.env).toContain('A=b');
    expect(process.capabilities?.effective).toEqual([]);
    expect(exec().process.capabilities?.effective).toContain('CAP_CHOWN');
    expect(exec().process.capabilities?.effective).not.toContain('CAP_SYS_ADMIN');
    expect(exec({ privileged: true }).process.capabilities?.effective).toContain('CAP_SYS_ADMIN');
  });
});
