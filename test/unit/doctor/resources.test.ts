import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ann, findings, healthy, root, works, wrong } from './machine.ts';

const { EPERM, ENODEV, EOPNOTSUPP, EDQUOT, EMFILE, EACCES } = constants.errno;

describe('storage and disk', () => {
  it('without overlay mounts is copied, unless fuse-overlayfs is there for a user', () => {
    const probe = { ...works, overlay: ENODEV };
    expect(wrong(root, { storage: { probe } })).toMatchObject([
      { level: 'limited', fix: 'modprobe overlay' },
    ]);
    expect(wrong(ann, { storage: { probe } })).toMatchObject([
      { fix: 'sudo apt-get install -y fuse-overlayfs' },
    ]);
    const fuseOverlayfs = '/usr/bin/fuse-overlayfs';
    expect(wrong(ann, { storage: { probe, fuseOverlayfs } })).toEqual([]);
    expect(wrong(ann, { storage: { probe: { ...probe, fuse: EACCES }, fuseOverlayfs } })).toHaveLength(1);
  });

  it('on a network file system or one without programs is told', () => {
    const state = { ...healthy.storage.state, type: 'nfs4' };
    expect(wrong(ann, { storage: { state } })).toMatchObject([{ id: 'storage.file-system' }]);
    const inside = { ...healthy.storage.state, type: 'overlay' };
    const [found] = wrong(root, { storage: { state: inside, elsewhere: inside } });
    expect(found!.message).toContain('give it a volume');
    expect(found!.fix).toBeUndefined();
    const noexec = { ...healthy.storage.state, options: ['rw', 'noexec'] };
    expect(wrong(ann, { storage: { state: noexec } })).toMatchObject([{ id: 'storage.mount-options' }]);
  });

  it('is little, none, or read-only', () => {
    const disk = (other: object) => [{ ...healthy.disk[0], ...other }] as never;
    expect(wrong(root, { disk: disk({ freeBytes: 5e8 }) })).toMatchObject([{ level: 'limited' }]);
    expect(wrong(root, { disk: disk({ freeBytes: 1e6 }) })).toMatchObject([{ level: 'missing' }]);
    expect(wrong(root, { disk: disk({ freeInodes: 10 }) })).toMatchObject([{ level: 'missing' }]);
    expect(wrong(root, { disk: disk({ freeInodes: 0, inodes: 0 }) })).toEqual([]);
    expect(wrong(root, { disk: disk({ freeBytes: 3e8, what: 'run' }) })).toEqual([]);
    expect(wrong(ann, { disk: disk({ options: ['ro'] }) })).toMatchObject([
      { level: 'missing', fix: 'sudo mount -o remount,rw /p' },
    ]);
  });
});

describe('networks and firewalls', () => {
  it('need bridges, links and nf_tables of the kernel', () => {
    const probe = { ...works, bridge: EOPNOTSUPP, nat: EOPNOTSUPP };
    expect(wrong(ann, { networks: { probe } })).toMatchObject([
      { level: 'missing', fix: 'sudo modprobe -a bridge' },
      { level: 'missing', fix: expect.stringContaining('nft_chain_nat') },
    ]);
    // `namespaces` says it.
    expect(wrong(ann, { networks: { probe: { ...works, net: EPERM } } })).toEqual([]);
  });

  it('that drop are opened by the engine, but for iptables-legacy', () => {
    const chain = (policy: string, table = 'filter') =>
      JSON.stringify({
        nftables: [{ metainfo: {} }, { chain: { table, name: 'FORWARD', hook: 'forward', policy } }],
      });
    const [, , others] = findings(root, { firewall: { chains: chain('drop') } });
    expect(others).toMatchObject({ level: 'ok', message: expect.stringContaining('filter FORWARD') });
    expect(findings(root, { firewall: { chains: chain('drop', 'tcompose_1') } })[2]!.message).toContain(
      'no other',
    );
    expect(findings(root, { firewall: { chains: '{' } })[2]!.level).toBe('ok');
    const legacyForward = '-P FORWARD DROP\n';
    expect(wrong(root, { firewall: { legacyForward, bridgeCalls: '1' } })).toMatchObject([
      { id: 'firewall.bridged', fix: expect.stringContaining('bridge-nf-call-iptables = 0') },
      { id: 'firewall.legacy', fix: expect.stringContaining('-I FORWARD -i tc+ -j ACCEPT') },
    ]);
    const opened = '-P FORWARD DROP\n-A FORWARD -i tc+ -j ACCEPT\n-A FORWARD -o tc+ -j ACCEPT\n';
    expect(wrong(root, { firewall: { legacyForward: opened } })).toEqual([]);
    expect(wrong(ann, { firewall: { legacyForward, bridgeCalls: '1' } })).toEqual([]);
  });

  it('leave forwarding to the engine, which can not switch it on everywhere', () => {
    expect(wrong(root, { firewall: { forward: '0' } })).toEqual([]);
    expect(wrong(root, { firewall: { forward: '0', settable: false } })).toMatchObject([
      { level: 'missing', id: 'firewall.forwarding' },
    ]);
    expect(wrong(ann, { firewall: { forward: '0', settable: false } })).toEqual([]);
  });
});

describe('ports', () => {
  const web = { service: 'web', address: '0.0.0.0', port: 80, protocol: 'tcp' };

  it('below the first that is a user’s come with the setting for the lowest', () => {
    const published = [{ ...web, port: 443 }, web, { ...web, port: 8080 }];
    expect(wrong(ann, { ports: { published } })).toMatchObject([
      {
        id: 'ports.low',
        message: expect.stringMatching(/443\/tcp \(web\), 80\/tcp \(web\);.*8080:80/),
        fix: expect.stringContaining('net.ipv4.ip_unprivileged_port_start = 80'),
      },
    ]);
    expect(wrong(root, { ports: { published } })).toEqual([]);
    expect(wrong(ann, { ports: { published, start: 0 } })).toEqual([]);
  });

  it('that are taken name who has them', () => {
    const nginx = { ...web, holder: { pid: 7, command: 'nginx', unit: 'nginx.service' } };
    expect(wrong(root, { ports: { published: [web], taken: [nginx] } })).toMatchObject([
      {
        level: 'missing',
        message: expect.stringContaining('nginx (pid 7)'),
        fix: 'systemctl stop nginx.service',
      },
    ]);
    expect(
      wrong(root, { ports: { published: [web], taken: [{ ...web, holder: undefined }] } }),
    ).toMatchObject([{ fix: "ss -lnp 'sport = :80'" }]);
    const own = { ...web, holder: { pid: 8, command: 'tcompose-shim' } };
    expect(wrong(root, { ports: { published: [web], taken: [own] } })).toEqual([]);
    expect(wrong(root, { ports: { unread: 'line 3' } })).toMatchObject([{ level: 'limited' }]);
  });
});

describe('the way out', () => {
  it('of a user’s containers is a program that can open /dev/net/tun', () => {
    expect(wrong(ann, { outside: { pasta: undefined } })).toMatchObject([
      { level: 'limited', fix: 'sudo apt-get install -y passt' },
    ]);
    expect(wrong(ann, { outside: { pasta: undefined, slirp4netns: '/usr/bin/slirp4netns' } })).toEqual([]);
    expect(wrong(ann, { outside: { tun: EACCES } })).toMatchObject([{ id: 'outside.tun' }]);
    expect(findings(root, { outside: { pasta: undefined } })).toEqual([]);
    expect(wrong(ann, { outside: { oldPasta: true } })).toMatchObject([
      { id: 'outside.old-pasta', fix: 'sudo apt-get install -y slirp4netns' },
    ]);
    expect(wrong(ann, { outside: { oldPasta: true, slirp4netns: '/usr/bin/slirp4netns' } })).toEqual([]);
  });

  it('to names is a server, which answers when it is on this machine', () => {
    expect(wrong(ann, { resolver: { text: undefined } })).toMatchObject([{ id: 'resolver.file' }]);
    expect(wrong(ann, { resolver: { text: '# none\n' } })).toMatchObject([{ id: 'resolver.servers' }]);
    const text = 'nameserver 127.0.0.53\n';
    expect(wrong(ann, { resolver: { text } })).toMatchObject([
      { id: 'resolver.local', fix: 'sudo systemctl restart systemd-resolved' },
    ]);
    expect(wrong(ann, { resolver: { text, listening: ['127.0.0.53'] } })).toEqual([]);
    expect(wrong(ann, { resolver: { text, listening: ['0.0.0.0'] } })).toEqual([]);
    expect(wrong(ann, { resolver: { text: `${text}nameserver 192.0.2.1\n` } })).toEqual([]);
  });
});

describe('inotify and other limits', () => {
  it('are measured by the project, or by what projects usually take', () => {
    expect(wrong(ann, { inotify: { watches: 8192 } })).toMatchObject([
      { level: 'limited', fix: expect.stringContaining('max_user_watches') },
    ]);
    const needed = { directories: 500, more: false };
    expect(wrong(ann, { inotify: { watches: 8192, needed } })).toEqual([]);
    expect(wrong(ann, { inotify: { watches: 400, needed } })[0]!.message).toContain('500 directories');
    expect(wrong(ann, { inotify: { probe: { ...works, inotify: EMFILE } } })).toMatchObject([
      { id: 'inotify.instances', fix: expect.stringContaining('max_user_instances = 1024') },
    ]);
  });

  it('of files, keys, maps and namespaces are told where they are near', () => {
    expect(wrong(root, { limits: { openFiles: 1024 } })).toMatchObject([{ id: 'limits.open-files' }]);
    expect(wrong(ann, { limits: { keys: { most: 200, used: 170 } } })).toMatchObject([
      { level: 'limited', fix: expect.stringContaining('kernel.keys.maxkeys = 10000') },
    ]);
    expect(wrong(root, { limits: { probe: { ...works, keyring: EDQUOT } } })).toMatchObject([
      { level: 'missing', fix: expect.stringContaining('kernel.keys.root_maxkeys') },
    ]);
    expect(wrong(ann, { limits: { namespaces: { net: 0, user: 0 } } })).toMatchObject([
      { level: 'missing', fix: 'sudo sysctl -w user.max_net_namespaces=15000' },
    ]);
    const images = ['docker.io/library/postgres:16', 'elasticsearch:8'];
    expect(wrong(root, { limits: { images } })).toMatchObject([
      { id: 'limits.maps', message: expect.stringContaining('elasticsearch:8') },
    ]);
    expect(wrong(root, { limits: { images: ['elasticsearch-exporter'] } })).toEqual([]);
  });
});

describe('clock', () => {
  it('is wrong before the installation, or when files are of a later time', () => {
    expect(wrong(ann, { clock: { now: 1e12 } })).toMatchObject([
      { level: 'missing', id: 'clock.past', fix: 'sudo timedatectl set-ntp true' },
    ]);
    expect(
      wrong(root, { clock: { now: 1.8e12, newest: { path: '/f', time: 1.8e12 + 61_000 } } }),
    ).toMatchObject([{ level: 'limited', id: 'clock.files' }]);
    expect(wrong(root, { clock: { newest: undefined } })).toEqual([]);
  });
});

describe('platforms', () => {
  it('of services need an emulator when they are others', () => {
    const wanted = [
      { service: 'db', platform: 'linux/arm64/v8' },
      { service: 'old', platform: 'linux/386' },
      { service: 'web', platform: 'linux/amd64' },
    ];
    expect(wrong(root, { platforms: { wanted } })).toMatchObject([
      {
        message: expect.stringMatching(/for db \(linux\/arm64\/v8\)$/),
        fix: expect.stringContaining('qemu-user-static'),
      },
    ]);
    expect(wrong(root, { platforms: { wanted, interpreters: ['qemu-aarch64'] } })).toEqual([]);
  });
});

describe('session', () => {
  it('ends a user’s containers unless he lingers, and hides their socket when its directory is unknown', () => {
    expect(wrong(ann, { session: { lingers: false } })).toMatchObject([
      { level: 'limited', fix: 'loginctl enable-linger' },
    ]);
    expect(wrong(ann, { session: { lingers: false, systemd: false } })).toEqual([]);
    expect(wrong(ann, { session: { runtimeDirectory: '', run: '/tmp/tcompose-1000' } })).toMatchObject([
      { id: 'session.directory', fix: 'export XDG_RUNTIME_DIR=/run/user/1000' },
    ]);
    const none = { runtimeDirectory: '', run: '/tmp/tcompose-1000', usual: undefined };
    expect(wrong(ann, { session: none })).toEqual([]);
    expect(wrong(root, { session: { ...none, lingers: false } })).toEqual([]);
    expect(findings(root, { session: { unit: '/etc/u' } })[0]!.message).toBe(
      '/etc/u starts the engine at boot',
    );
  });
});

describe('engine', () => {
  it('is in order when it does not run, and told when it is another’s version, silent or damaged', () => {
    const running = { state: 'running', version: '1.0.0', pid: 5 } as const;
    expect(wrong(ann, { engine: running })).toEqual([]);
    expect(wrong(ann, { engine: { ...running, version: '0.9.0' } })).toMatchObject([
      { level: 'limited', id: 'engine.version' },
    ]);
    expect(wrong(ann, { engine: { state: 'silent', pid: 5 } })).toMatchObject([
      { level: 'missing', fix: 'kill 5' },
    ]);
    expect(wrong(ann, { engine: { state: 'refused' } })).toMatchObject([{ level: 'missing' }]);
    const damaged = [{ file: '/lib/f', why: 'it is empty', remedy: 'Do this.' }];
    expect(wrong(ann, { engine: { ...running, damaged } })).toMatchObject([
      { level: 'limited', message: '/lib/f is damaged: it is empty. Do this.' },
    ]);
    expect(wrong(ann, { engine: { lastWords: ['error: x'] } })).toMatchObject([{ id: 'engine.last-words' }]);
    expect(wrong(ann, { engine: { unusable: { message: 'too long', hint: 'Shorten.' } } })).toMatchObject([
      { level: 'missing', message: 'too long. Shorten.' },
    ]);
    expect(wrong(ann, { engine: { state: 'silent', dockerHost: 'tcp://x' } })).toEqual([]);
  });

  it('of somebody else is named, with its socket', () => {
    const others = [{ whose: 'root', socket: '/run/tcompose/engine.sock', running: undefined }] as never;
    expect(findings(ann, { others })).toMatchObject([
      { level: 'ok', message: 'root has an engine at /run/tcompose/engine.sock' },
    ]);
  });
});
