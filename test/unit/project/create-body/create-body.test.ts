import { describe, expect, test } from 'vitest';
import { hashLines } from '../../../../src/compose/config/index.ts';
import type { Project } from '../../../../src/compose/model/project.ts';
import type { Service } from '../../../../src/compose/model/service.ts';
import { listedName } from '../../../../src/image/reference.ts';
import { changedParts, serviceHash, serviceParts } from '../../../../src/project/config-hash.ts';
import { containerSpec } from '../../../../src/project/create-body/index.ts';

const projectOf = (service: Partial<Service>, more: Partial<Project> = {}): Project => ({
  name: 'shop',
  workingDir: '/work',
  composeFiles: ['/work/compose.yaml'],
  environment: {},
  services: {
    web: { name: 'web', image: 'app', networks: { default: null }, ...service },
    db: { name: 'db', image: 'db', networks: { default: null } },
  },
  networks: { default: { name: 'shop_default' }, back: { name: 'shop_back' } },
  volumes: { data: { name: 'shop_data' } },
  secrets: {},
  configs: {},
  models: {},
  profiles: [],
  disabledServices: {},
  extensions: {},
  ...more,
});
const specOf = (service: Partial<Service>, more: Partial<Project> = {}, options = {}) => {
  const project = projectOf(service, more);
  return containerSpec(project, project.services.web!, {
    number: 1,
    name: 'shop-web-1',
    imageId: 'sha256:1',
    version: 'test',
    containerOf: (name: string) => `shop-${name}-1`,
    ...options,
  });
};
const host = (service: Partial<Service>, more: Partial<Project> = {}) =>
  specOf(service, more).body.HostConfig!;

describe('create requests', () => {
  test('what a service does not say is not sent', () => {
    const { body, endpoints } = specOf({});
    expect(Object.keys(body).sort()).toEqual(['HostConfig', 'Image', 'Labels']);
    expect(body.HostConfig).toEqual({ NetworkMode: 'shop_default' });
    expect(endpoints).toEqual([
      { key: 'default', network: 'shop_default', settings: { Aliases: ['shop-web-1', 'web'] } },
    ]);
  });

  test('labels of Docker Compose, over the user own', () => {
    const { Labels } = specOf({
      labels: { a: 'b', 'com.docker.compose.service': 'spoof' },
      depends_on: { db: { condition: 'service_healthy', required: true, restart: true } },
    }).body;
    expect(Labels).toMatchObject({
      a: 'b',
      'com.docker.compose.project': 'shop',
      'com.docker.compose.service': 'web',
      'com.docker.compose.container-number': '1',
      'com.docker.compose.oneoff': 'False',
      'com.docker.compose.image': 'sha256:1',
      'com.docker.compose.depends_on': 'db:service_healthy:true',
      'com.docker.compose.project.config_files': '/work/compose.yaml',
    });
  });

  test('process', () => {
    const { body } = specOf({
      command: [],
      entrypoint: [],
      environment: { A: '1', B: null },
      working_dir: '/app',
      user: '1:2',
      tty: true,
      stdin_open: true,
      stop_signal: 'SIGINT',
      stop_grace_period: 1.5e9,
      hostname: 'h',
      init: true,
    });
    expect(body).toMatchObject({
      Cmd: [],
      Entrypoint: [''],
      Env: ['A=1', 'B'],
      WorkingDir: '/app',
      User: '1:2',
      Tty: true,
      OpenStdin: true,
      StopSignal: 'SIGINT',
      StopTimeout: 2,
      Hostname: 'h',
      HostConfig: { Init: true },
    });
    expect(specOf({ command: null, entrypoint: null }).body.Cmd).toBeUndefined();
  });

  test('ports and exposed ports', () => {
    const { body } = specOf({
      expose: ['9000-9001', '53/udp'],
      ports: [
        { target: 80, published: '8080', host_ip: '127.0.0.1', protocol: 'tcp' },
        { target: 80, published: '8081' },
        { target: 53, protocol: 'udp' },
      ],
    });
    expect(Object.keys(body.ExposedPorts!)).toEqual(['9000/tcp', '9001/tcp', '53/udp', '80/tcp']);
    expect(body.HostConfig!.PortBindings).toEqual({
      '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }, { HostPort: '8081' }],
      '53/udp': [{ HostPort: '' }],
    });
  });

  test('mounts in the form that does what the file says', () => {
    const config = host({
      volumes: [
        {
          type: 'bind',
          source: '/src',
          target: '/app',
          read_only: true,
          bind: { create_host_path: true, propagation: 'rslave' },
        },
        { type: 'bind', source: '/must', target: '/must', bind: { create_host_path: false } },
        { type: 'bind', source: '/a:b', target: '/colon', bind: { create_host_path: true } },
        { type: 'volume', source: 'data', target: '/data', volume: { nocopy: true } },
        { type: 'volume', target: '/anonymous' },
        { type: 'tmpfs', target: '/tmp', tmpfs: { size: 1024, mode: 0o700 } },
      ],
      tmpfs: ['/run', '/cache:size=1m'],
    });
    expect(config.Binds).toEqual(['/src:/app:ro,rslave']);
    expect(config.Mounts).toEqual([
      { Type: 'bind', Source: '/must', Target: '/must', BindOptions: {} },
      { Type: 'bind', Source: '/a:b', Target: '/colon', BindOptions: { CreateMountpoint: true } },
      { Type: 'volume', Source: 'shop_data', Target: '/data', VolumeOptions: { NoCopy: true } },
      { Type: 'volume', Target: '/anonymous' },
      { Type: 'tmpfs', Target: '/tmp', TmpfsOptions: { SizeBytes: 1024, Mode: 0o700 } },
    ]);
    expect(config.Tmpfs).toEqual({ '/run': '', '/cache': 'size=1m' });
  });

  test('anonymous volumes are taken over, also those only the image declares', () => {
    const { body } = specOf(
      { volumes: [{ type: 'volume', target: '/cache' }] },
      {},
      {
        inherited: [
          { name: 'old1', target: '/cache' },
          { name: 'old2', target: '/from-image' },
        ],
      },
    );
    expect(body.HostConfig!.Mounts).toEqual([
      { Type: 'volume', Source: 'old1', Target: '/cache' },
      { Type: 'volume', Source: 'old2', Target: '/from-image' },
    ]);
  });

  test('secrets and configs: files are bound, contents and special owners are put in', () => {
    const more = {
      secrets: { file: { file: '/s/file' }, text: { content: 'hush' } },
      configs: { conf: { file: '/c/conf' } },
    };
    const spec = specOf(
      {
        secrets: [{ source: 'file' }, { source: 'text', target: 'renamed', uid: '5', mode: 0o400 }],
        configs: [{ source: 'conf' }, { source: 'conf', target: '/etc/conf', gid: '7' }],
      },
      more,
    );
    expect(spec.body.HostConfig!.Mounts).toEqual([
      { Type: 'bind', Source: '/s/file', Target: '/run/secrets/file', ReadOnly: true },
      { Type: 'bind', Source: '/c/conf', Target: '/conf', ReadOnly: true },
    ]);
    expect(spec.files).toEqual([
      { path: '/run/secrets/renamed', content: { text: 'hush' }, uid: 5, gid: 0, mode: 0o400 },
      { path: '/etc/conf', content: { file: '/c/conf' }, uid: 0, gid: 7, mode: 0o444 },
    ]);
  });

  test('an external secret is refused by name', () => {
    const more = { secrets: { key: { external: true } } };
    expect(() => specOf({ secrets: [{ source: 'key' }] }, more)).toThrow(
      'unsupported external secret key: service web',
    );
  });

  test('networks by priority; addresses, aliases, options, gateway', () => {
    const { body, endpoints } = specOf({
      networks: {
        default: {
          aliases: ['www'],
          ipv4_address: '10.0.0.5',
          driver_opts: { a: 'b' },
          interface_name: 'eth9',
        },
        back: { priority: 100, gw_priority: 1, mac_address: '02:00:00:00:00:01' },
      },
    });
    expect(body.HostConfig!.NetworkMode).toBe('shop_back');
    expect(endpoints.map((part) => [part.network, part.settings])).toEqual([
      ['shop_back', { Aliases: ['shop-web-1', 'web'], MacAddress: '02:00:00:00:00:01', GwPriority: 1 }],
      [
        'shop_default',
        {
          Aliases: ['shop-web-1', 'web', 'www'],
          IPAMConfig: { IPv4Address: '10.0.0.5' },
          DriverOpts: { a: 'b', 'com.docker.network.endpoint.ifname': 'eth9' },
        },
      ],
    ]);
  });

  test('namespaces of another service are those of its first container', () => {
    const config = host({
      networks: {},
      network_mode: 'service:db',
      ipc: 'service:db',
      pid: 'host',
      volumes_from: ['db:ro', 'container:x'],
    });
    expect(config).toMatchObject({
      NetworkMode: 'container:shop-db-1',
      IpcMode: 'container:shop-db-1',
      PidMode: 'host',
      VolumesFrom: ['shop-db-1:ro', 'x'],
    });
    expect(specOf({ network_mode: 'none' }).endpoints).toEqual([]);
  });

  test('resources; deploy says the same in another place', () => {
    expect(
      host({
        cpus: 1.5,
        mem_limit: 100,
        memswap_limit: -1,
        ulimits: { nofile: { soft: 1, hard: 2 }, nproc: 3 },
        devices: [{ source: '/dev/fuse' }, { source: 'vendor.com/gpu=all', target: 'vendor.com/gpu=all' }],
        gpus: [{ count: -1 }],
      }),
    ).toMatchObject({
      NanoCpus: 1_500_000_000,
      Memory: 100,
      MemorySwap: -1,
      Ulimits: [
        { Name: 'nofile', Soft: 1, Hard: 2 },
        { Name: 'nproc', Soft: 3, Hard: 3 },
      ],
      Devices: [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rwm' }],
      DeviceRequests: [
        { Count: -1, Capabilities: [['gpu']] },
        { Driver: 'cdi', DeviceIDs: ['vendor.com/gpu=all'] },
      ],
    });
    expect(
      host({
        deploy: { resources: { limits: { cpus: 0.5, memory: 7, pids: 9 }, reservations: { memory: 3 } } },
      }),
    ).toMatchObject({ NanoCpus: 500_000_000, Memory: 7, PidsLimit: 9, MemoryReservation: 3 });
  });

  test('restart policies, and the health check', () => {
    expect(host({ restart: 'on-failure:3' }).RestartPolicy).toEqual({
      Name: 'on-failure',
      MaximumRetryCount: 3,
    });
    expect(
      host({ restart: 'always', deploy: { restart_policy: { condition: 'on-failure', max_attempts: 2 } } })
        .RestartPolicy,
    ).toEqual({ Name: 'on-failure', MaximumRetryCount: 2 });
    expect(specOf({ healthcheck: { test: ['CMD', 'x'], interval: 5 } }).body.Healthcheck).toEqual({
      Test: ['CMD', 'x'],
      Interval: 5,
    });
    expect(specOf({ healthcheck: { disable: true } }).body.Healthcheck).toEqual({ Test: ['NONE'] });
  });

  test('links reach the container that the service has, by the names that Docker Compose gives it', () => {
    const linksOf = (containerOf: (service: string) => string | undefined) =>
      specOf({ links: ['db:store'] }, {}, { containerOf }).endpoints[0]!.settings.Links;
    expect(linksOf(() => 'shop_db_1')).toEqual(['shop_db_1:store', 'shop_db_1:db_1', 'shop_db_1:shop_db_1']);
    expect(linksOf(() => 'own')).toEqual(['own:store', 'own:own']);
    expect(linksOf(() => undefined)).toEqual(['shop-db-1:store', 'shop-db-1:db-1', 'shop-db-1:shop-db-1']);
  });

  test('a one-off container has no policy, no service alias, and a slug', () => {
    const { body, endpoints } = specOf(
      { restart: 'always', ports: [{ target: 80, published: '80' }] },
      {},
      { oneoff: { slug: 'abc', publishPorts: false, useAliases: false } },
    );
    expect(body.HostConfig).toEqual({ NetworkMode: 'shop_default' });
    expect(body.Labels).toMatchObject({
      'com.docker.compose.oneoff': 'True',
      'com.docker.compose.slug': 'abc',
    });
    expect(endpoints[0]!.settings.Aliases).toEqual(['shop-web-1']);
  });
});

describe('configuration hashes', () => {
  const service: Service = { name: 'web', image: 'app', environment: { B: '2', A: '1' } };

  test('do not hang on the order of keys, nor on what changes nothing in a container', () => {
    const same: Service = {
      environment: { A: '1', B: '2' },
      image: 'app',
      name: 'web',
      scale: 3,
      depends_on: { db: { condition: 'service_started', required: true } },
      profiles: ['x'],
      extensions: { 'x-a': 1 },
    };
    expect(serviceHash(same)).toBe(serviceHash(service));
    expect(serviceHash({ ...service, deploy: { replicas: 2 } })).toBe(
      serviceHash({ ...service, deploy: {} }),
    );
  });

  test('are those that config --hash prints', () => {
    const project = { services: { web: service } } as unknown as Project;
    expect(hashLines(project)).toEqual([`web ${serviceHash(service)}`]);
  });

  test('differ with everything else, and the parts say where', () => {
    const other = { ...service, environment: { A: '1' }, user: 'me' };
    expect(serviceHash(other)).not.toBe(serviceHash(service));
    expect(changedParts(serviceParts(service), serviceParts(other))).toEqual(['environment', 'user']);
    expect(changedParts(undefined, serviceParts(other))).toBeUndefined();
  });
});

test.each([
  ['app', 'app:latest'],
  ['docker.io/library/app', 'app:latest'],
  ['docker.io/me/app:1', 'me/app:1'],
  ['localhost:5000/app', 'localhost:5000/app:latest'],
  [`app:1@sha256:${'a'.repeat(64)}`, `app@sha256:${'a'.repeat(64)}`],
])('the name engines list %s by', (reference, familiar) => expect(listedName(reference)).toBe(familiar));
