import { describe, expect, it } from 'vitest';
import {
  collectPorts,
  exposedPorts,
  parsePortKey,
} from '../../../../../src/engine/containers/spec/port-spec.ts';

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

  it('that an image exposes count when they are ports', () => {
    expect(exposedPorts({ ExposedPorts: { '0/tcp': {}, '/tcp': {}, '80/tcp': {}, x: {} } })).toEqual([
      { port: 80, protocol: 'tcp' },
    ]);
    expect(exposedPorts({})).toEqual([]);
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
