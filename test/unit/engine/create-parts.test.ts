import { describe, expect, it } from 'vitest';
import {
  aliasesOf,
  gatewayNetwork,
  networkMode,
  planAttachments,
} from '../../../src/engine/containers/attachments.ts';
import { checkCreate, signalNumber } from '../../../src/engine/containers/check-create.ts';
import { hostsText } from '../../../src/engine/containers/host-files.ts';
import { parseLogConfig } from '../../../src/engine/containers/log-config.ts';
import { mergeEnv, mergeImageConfig } from '../../../src/engine/containers/merge-image.ts';
import { collectMounts, parseBind, parseMount } from '../../../src/engine/containers/mount-spec.ts';
import { collectPorts, parsePortKey } from '../../../src/engine/containers/port-spec.ts';
import type { NetworkRecord } from '../../../src/network/types.ts';

describe('image under request', () => {
  const image = {
    Entrypoint: ['/entry'],
    Cmd: ['serve'],
    Env: ['PATH=/bin', 'A=image', 'GONE=1'],
    Labels: { a: 'image', b: 'image' },
    User: 'app',
    Volumes: { '/data': {} },
  };

  it('joins entrypoint and command by Docker’s rules', () => {
    const command = (request: object) => mergeImageConfig({ Image: 'x', ...request }, image).command;
    expect(command({})).toEqual(['/entry', 'serve']);
    expect(command({ Cmd: ['other'] })).toEqual(['/entry', 'other']);
    expect(command({ Entrypoint: ['/mine'] })).toEqual(['/mine']);
    expect(command({ Entrypoint: [''], Cmd: ['sh'] })).toEqual(['sh']);
    expect(() => mergeImageConfig({ Image: 'x' }, {})).toThrow('no command specified');
  });

  it('merges the environment by key, and takes away what the request names alone', () => {
    expect(mergeEnv(image.Env, ['A=request', 'GONE', 'NEW=1'])).toEqual(['PATH=/bin', 'A=request', 'NEW=1']);
  });

  it('merges maps, and fills empty scalars', () => {
    const { config } = mergeImageConfig({ Image: 'x', Labels: { a: 'request' }, User: '' }, image);
    expect(config.Labels).toEqual({ a: 'request', b: 'image' });
    expect(config.User).toBe('app');
    expect(config.Volumes).toEqual({ '/data': {} });
  });
});

describe('mounts', () => {
  it('tell binds from named volumes', () => {
    expect(parseBind('/srv//x:/data:ro,rslave')).toMatchObject({
      type: 'bind',
      source: '/srv/x',
      target: '/data',
      readOnly: true,
      propagation: 'rslave',
      createSource: true,
    });
    expect(parseBind('data:/data:nocopy')).toMatchObject({ type: 'volume', name: 'data', noCopy: true });
  });

  it('of a target alone is an anonymous volume', () => {
    expect(parseBind('/data')).toMatchObject({ type: 'volume', target: '/data', anonymous: true });
  });

  it.each(['', 'a', ':/a', '/a:', '/a:b', '/a:/b:rx', './a:/b', '/a:/', '/a:/b:ro:x'])(
    'refuse %s',
    (text) => {
      expect(() => parseBind(text)).toThrow();
    },
  );

  it('of the long form do not make a missing source unless asked', () => {
    expect(parseMount({ Type: 'bind', Source: '/a', Target: '/b' })).toMatchObject({ createSource: false });
    expect(
      parseMount({ Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 9, Mode: 0o700 } }),
    ).toMatchObject({
      options: ['size=9', 'mode=700'],
    });
    expect(() => parseMount({ Type: 'bind', Source: 'a', Target: '/b' })).toThrow('must be absolute');
  });

  it('take a target once, and leave image volumes what is free', () => {
    const host = { Binds: ['/a:/one'], Tmpfs: { '/two': '' } };
    const mounts = collectMounts({ Volumes: { '/one': {}, '/two': {}, '/three': {} } }, host, []);
    expect(mounts.map(({ type, target }) => [type, target])).toEqual([
      ['bind', '/one'],
      ['volume', '/three'],
    ]);
    expect(mounts[1]).toMatchObject({ anonymous: true, name: undefined });
    expect(() => collectMounts({}, { Binds: ['/a:/one', 'v:/one/'] }, [])).toThrow(
      'Duplicate mount point: /one',
    );
  });
});

describe('ports', () => {
  it('are taken apart', () => {
    expect(parsePortKey('80')).toEqual([{ port: 80, protocol: 'tcp' }]);
    expect(parsePortKey('5-6/udp')).toEqual([
      { port: 5, protocol: 'udp' },
      { port: 6, protocol: 'udp' },
    ]);
    for (const bad of ['0', '65536', '7-6', 'x', '80/http'])
      expect(() => parsePortKey(bad)).toThrow('invalid port');
  });

  it('are published as asked, exposed ones too with PublishAllPorts', () => {
    const host = {
      PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8000-8010' }], '53/udp': null },
      PublishAllPorts: true,
    };
    expect(collectPorts(host, { ExposedPorts: { '80/tcp': {}, '9/tcp': {} } })).toEqual([
      { protocol: 'tcp', containerPort: 80, hostIp: '127.0.0.1', hostPort: 8000, hostPortEnd: 8010 },
      { protocol: 'tcp', containerPort: 9, hostIp: '', hostPort: 0 },
    ]);
  });
});

describe('networks', () => {
  const network = (name: string, driver: NetworkRecord['driver'] = 'bridge') =>
    ({ id: `id-${name}`, name, driver }) as NetworkRecord;
  const need = (name: string) => network(name, name === 'host' || name === 'none' ? name : 'bridge');

  it('read the mode', () => {
    expect(networkMode('default')).toEqual({ kind: 'networks', first: 'bridge' });
    expect(networkMode('container:x')).toEqual({ kind: 'container', reference: 'x' });
    expect(networkMode('none')).toEqual({ kind: 'none' });
  });

  it('take the mode’s network first, the others after it', () => {
    const plan = planAttachments(
      { NetworkMode: 'front' },
      { EndpointsConfig: { back: { Aliases: ['b'] }, front: { GwPriority: 1 } } },
      '02:00:00:00:00:01',
      need,
    );
    expect(Object.keys(plan)).toEqual(['front', 'back']);
    expect(plan.front?.settings.MacAddress).toBe('02:00:00:00:00:01');
    expect(gatewayNetwork(plan)).toBe('id-front');
    expect(() =>
      planAttachments({ NetworkMode: 'host' }, { EndpointsConfig: { back: {} } }, undefined, need),
    ).toThrow('conflicting options');
  });

  it('give a container its names, lower case and once', () => {
    const id = 'a'.repeat(64);
    expect(aliasesOf({ id, name: 'Web-1' }, { Aliases: ['web', 'WEB'] }, 'aaaaaaaaaaaa')).toEqual([
      'web-1',
      'web',
      'aaaaaaaaaaaa',
    ]);
  });

  it('write /etc/hosts with extra hosts and the container itself', () => {
    const text = hostsText({
      base: '127.0.0.1 localhost',
      extraHosts: ['db:10.0.0.1', 'gw=host-gateway', 'six:[::1]', 'seven:fe80::7'],
      hostGateway: '172.18.0.1',
      own: [{ address: '172.18.0.2', names: ['me'] }],
    });
    expect(text).toBe(
      '127.0.0.1 localhost\n10.0.0.1\tdb\n172.18.0.1\tgw\n::1\tsix\nfe80::7\tseven\n172.18.0.2\tme\n',
    );
  });
});

describe('checks of a create request', () => {
  it('read signals by number and name', () => {
    expect(['SIGTERM', 'term', '15', 'SIGRTMIN+3', 'RTMAX-1'].map(signalNumber)).toEqual([
      15, 15, 15, 37, 63,
    ]);
    for (const bad of ['SIGNOPE', '0', '65', 'RTMIN+40'])
      expect(() => signalNumber(bad)).toThrow('Invalid signal');
  });

  it('refuse contradictions', () => {
    const config = { Image: 'x' };
    expect(() => checkCreate(config, { AutoRemove: true, RestartPolicy: { Name: 'always' } })).toThrow(
      'AutoRemove',
    );
    expect(() => checkCreate(config, { Memory: 1024 })).toThrow('6MB');
    expect(() => checkCreate(config, { NanoCpus: 1, CpuQuota: 1 })).toThrow('Nano CPUs');
    expect(() => checkCreate({ ...config, WorkingDir: 'rel' }, {})).toThrow('absolute path');
    expect(checkCreate(config, {})).toEqual([]);
  });

  it('read log sizes', () => {
    expect(parseLogConfig({ Type: 'none' }, '/log')).toBeUndefined();
    expect(parseLogConfig(undefined, '/log')).toEqual({ path: '/log', maxSize: 10485760, maxFiles: 3 });
    expect(parseLogConfig({ Config: { 'max-size': '1.5k', 'max-file': '2' } }, '/log')).toEqual({
      path: '/log',
      maxSize: 1536,
      maxFiles: 2,
    });
    expect(() => parseLogConfig({ Config: { 'max-file': '0' } }, '/log')).toThrow('max-file');
  });
});
