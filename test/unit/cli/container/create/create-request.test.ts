import { describe, expect, it } from 'vitest';
import { parseArgs } from '../../../../../src/cli/arguments/parse-args.ts';
import { createFlags } from '../../../../../src/cli/container/create/create-flags.ts';
import { createRequest } from '../../../../../src/cli/container/create/create-request.ts';

const files: Record<string, string> = { vars: '# no\n\nA=1\nFROM_HERE\n', marks: 'x=1\n' };
const request = (line: string, attached = true) =>
  createRequest(
    parseArgs(line.split(' '), { flags: createFlags, min: 1, passThroughAfter: 1 }, { commandPath: 'run' }),
    attached,
    {
      env: { HOME: '/home/me', FROM_HERE: 'here' },
      cwd: '/work',
      readFile: (path) => files[path]!,
      consoleSize: [24, 80],
    },
  );

describe('createRequest', () => {
  it('asks for nothing that was not asked of it', () => {
    expect(request('img', false)).toEqual({
      Image: 'img',
      Tty: false,
      OpenStdin: false,
      StdinOnce: false,
      AttachStdin: false,
      AttachStdout: false,
      AttachStderr: false,
      HostConfig: {},
    });
  });

  it('leaves everything after the image to the command', () => {
    expect(request('-it img sh -c -x --rm')).toMatchObject({
      Image: 'img',
      Cmd: ['sh', '-c', '-x', '--rm'],
      Tty: true,
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      HostConfig: { ConsoleSize: [24, 80] },
    });
  });

  it.each([
    ['-e A=1 -e FROM_HERE -e NOT_SET img', { Env: ['A=1', 'FROM_HERE=here'] }],
    ['--env-file vars -e B=2 img', { Env: ['A=1', 'FROM_HERE=here', 'B=2'] }],
    ['--label-file marks -l y=2 -l z img', { Labels: { x: '1', y: '2', z: '' } }],
    ['--entrypoint= img', { Entrypoint: [''] }],
    ['--entrypoint /init img', { Entrypoint: ['/init'] }],
    [
      '-h name -u 1:2 -w /w --stop-signal INT --stop-timeout 3 img',
      { Hostname: 'name', User: '1:2', WorkingDir: '/w', StopSignal: 'INT', StopTimeout: 3 },
    ],
    ['-a stdout img', { AttachStdin: false, AttachStdout: true, AttachStderr: false }],
    [
      '--health-cmd x --health-interval 1m30s --health-retries 2 img',
      { Healthcheck: { Test: ['CMD-SHELL', 'x'], Interval: 90e9, Retries: 2 } },
    ],
    ['--no-healthcheck img', { Healthcheck: { Test: ['NONE'] } }],
    ['-v /anon img', { Volumes: { '/anon': {} } }],
    ['-p 80 --expose 81/udp img', { ExposedPorts: { '80/tcp': {}, '81/udp': {} } }],
    [
      '--network n --network-alias a --ip 10.0.0.2 img',
      {
        NetworkingConfig: {
          EndpointsConfig: { n: { Aliases: ['a'], IPAMConfig: { IPv4Address: '10.0.0.2' } } },
        },
      },
    ],
  ])('%s', (line, expected) => {
    expect(request(line)).toMatchObject(expected);
  });

  it.each([
    ['-v ./a:/b:ro -v data:/d -v ~/x:/x img', { Binds: ['/work/a:/b:ro', 'data:/d', '/home/me/x:/x'] }],
    [
      '--mount type=bind,src=a,dst=/b,ro img',
      { Mounts: [{ Type: 'bind', Source: '/work/a', Target: '/b', ReadOnly: true }] },
    ],
    [
      '--mount type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1770 img',
      {
        Mounts: [
          {
            Type: 'tmpfs',
            Target: '/t',
            ReadOnly: false,
            TmpfsOptions: { SizeBytes: 1048576, Mode: 0o1770 },
          },
        ],
      },
    ],
    ['--tmpfs /t:size=1m,mode=700 --tmpfs /u img', { Tmpfs: { '/t': 'size=1m,mode=700', '/u': '' } }],
    [
      '--memory 1.5g --memory-swap -1 --shm-size 64k --cpus 1.5 img',
      { Memory: 1610612736, MemorySwap: -1, ShmSize: 65536, NanoCpus: 1.5e9 },
    ],
    ['--restart on-failure:3 img', { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } }],
    [
      '--ulimit nofile=10:20 --ulimit core=unlimited img',
      {
        Ulimits: [
          { Name: 'nofile', Soft: 10, Hard: 20 },
          { Name: 'core', Soft: -1, Hard: -1 },
        ],
      },
    ],
    [
      '--device /dev/fuse --device /dev/a:/dev/b:r --device /dev/c:rw img',
      {
        Devices: [
          { PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rwm' },
          { PathOnHost: '/dev/a', PathInContainer: '/dev/b', CgroupPermissions: 'r' },
          { PathOnHost: '/dev/c', PathInContainer: '/dev/c', CgroupPermissions: 'rw' },
        ],
      },
    ],
    [
      '--rm --init --privileged --read-only --cap-add A --cap-drop B --sysctl a.b=1 img',
      {
        AutoRemove: true,
        Init: true,
        Privileged: true,
        ReadonlyRootfs: true,
        CapAdd: ['A'],
        CapDrop: ['B'],
        Sysctls: { 'a.b': '1' },
      },
    ],
    ['--init=false img', { Init: false }],
    [
      '--net host --add-host a:1.2.3.4 --dns 9.9.9.9 img',
      { NetworkMode: 'host', ExtraHosts: ['a:1.2.3.4'], Dns: ['9.9.9.9'] },
    ],
    [
      '-p 8080:80 -p 127.0.0.1::53/udp -p [::1]:443:443 img',
      {
        PortBindings: {
          '80/tcp': [{ HostIp: '', HostPort: '8080' }],
          '53/udp': [{ HostIp: '127.0.0.1', HostPort: '' }],
          '443/tcp': [{ HostIp: '::1', HostPort: '443' }],
        },
      },
    ],
    [
      '-p 8000-8001:80-81 -p 9000-9009:90 img',
      {
        PortBindings: {
          '80/tcp': [{ HostIp: '', HostPort: '8000' }],
          '81/tcp': [{ HostIp: '', HostPort: '8001' }],
          '90/tcp': [{ HostIp: '', HostPort: '9000-9009' }],
        },
      },
    ],
  ])('%s', (line, expected) => {
    expect(request(line).HostConfig).toMatchObject(expected);
  });

  it.each([
    '--memory lots img',
    '--cpus none img',
    '--restart often img',
    '--restart always:3 img',
    '--rm --restart always img',
    '-p http img',
    '-p 1:99999 img',
    '-p 1-3:1-2 img',
    '-p 2-1 img',
    '--expose x img',
    '-v :/x img',
    '--mount type=bind,target=/x img',
    '--mount type=volume,source=a img',
    '--mount type=npipe,target=/x img',
    '--mount bogus=1,target=/x img',
    '--ulimit nofile img',
    '--health-interval soon img',
    '--network-alias a img',
  ])('refuses %s', (line) => {
    expect(() => request(line)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
  });
});
