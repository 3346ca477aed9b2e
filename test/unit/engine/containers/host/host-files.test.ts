import fc from 'fast-check';
import { expect, it } from 'vitest';
import { containerCreateShape } from '../../../../../src/engine/api/container-shapes.ts';
import { hostsText } from '../../../../../src/engine/containers/host/host-files.ts';
import { checkValues } from '../../../../../src/engine/containers/spec/check-values.ts';
import { shaped } from '../../../../../src/engine/http/body-shape.ts';

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

it('writes one line for each extra host that a request was let through with', () => {
  const spread = fc.string({
    unit: fc.constantFrom('a', '.', ' ', '\t', '\n', '#', ':', '=', '[', ']', '1', '\0'),
  });
  fc.assert(
    fc.property(
      spread,
      fc.constantFrom('1.2.3.4', '::1', '[::1]', 'host-gateway'),
      spread,
      (name, address, end) => {
        const host = { ExtraHosts: [`${name}:${address}${end}`] };
        try {
          shaped({ HostConfig: host }, containerCreateShape);
          checkValues({ Image: 'x' }, host);
        } catch {
          return;
        }
        const text = hostsText({ base: '', extraHosts: host.ExtraHosts, hostGateway: '10.0.0.1', own: [] });
        expect(text).toMatch(/^[0-9a-f.:]+\t[^\s]+\n$/);
      },
    ),
    { numRuns: 2000 },
  );
});
