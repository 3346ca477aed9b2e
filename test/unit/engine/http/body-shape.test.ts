import { describe, expect, it } from 'vitest';
import { containerCreateShape, networkCreateShape } from '../../../../src/engine/api/request-shapes.ts';
import { shaped } from '../../../../src/engine/http/body-shape.ts';

describe('the body of a request', () => {
  it.each([
    [{ Image: 5 }, 'Image must be a string, not 5'],
    [{ Image: 'x', Cmd: ['a', 1] }, 'Cmd[1] must be a string, not 1'],
    [{ Image: 'x', Env: { A: 'b' } }, 'Env must be a list, not an object'],
    [{ Image: 'x', Labels: { a: 1 } }, 'Labels.a must be a string, not 1'],
    [{ Image: 'x', HostConfig: [] }, 'HostConfig must be an object, not a list'],
    [{ Image: 'x', HostConfig: { Memory: '64m' } }, 'HostConfig.Memory must be a whole number, not "64m"'],
    [{ Image: 'x', HostConfig: { Privileged: 'yes' } }, 'HostConfig.Privileged must be true or false'],
    [{ Healthcheck: { Interval: 1.5 } }, 'Healthcheck.Interval must be a whole number'],
    [
      { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: 80 }] } } },
      'HostConfig.PortBindings.80/tcp[0].HostPort must be a string, not 80',
    ],
    [
      { NetworkingConfig: { EndpointsConfig: { n: { Aliases: 'a' } } } },
      'NetworkingConfig.EndpointsConfig.n.Aliases must be a list',
    ],
  ])('is refused where a field is of another kind: %j', (body, message) => {
    expect(() => shaped(body, containerCreateShape)).toThrow(message);
  });

  it('passes with nulls, unknown fields, and a word for a list of one', () => {
    const body = { Image: 'x', Cmd: 'sh', Env: null, HostConfig: { Binds: null, NoSuch: 1 }, Other: [] };
    expect(shaped(body, containerCreateShape)).toBe(body);
    expect(
      shaped({ Name: 'n', IPAM: { Config: [{ Subnet: '10.0.0.0/8' }] } }, networkCreateShape),
    ).toBeDefined();
  });
});
