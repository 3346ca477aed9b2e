import { expect, it } from 'vitest';
import { hostsText } from '../../../../../src/engine/containers/host/host-files.ts';

it('writes /etc/hosts with extra hosts and the container itself', () => {
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
