import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePort } from '../../../../src/compose/canonical/ports.ts';

const tcp = { mode: 'ingress', protocol: 'tcp' };

test.each<[string, unknown]>([
  ['80', [{ ...tcp, target: 80 }]],
  ['80/', [{ ...tcp, target: 80 }]],
  ['80/UDP', [{ ...tcp, target: 80, protocol: 'udp' }]],
  ['80/sctp', [{ ...tcp, target: 80, protocol: 'sctp' }]],
  [':80', [{ ...tcp, target: 80 }]],
  ['8080-8090:80', [{ ...tcp, target: 80, published: '8080-8090' }]],
  ['::1:7000:70', [{ ...tcp, host_ip: '::1', target: 70, published: '7000' }]],
  ['[2001:db8::1]:7000:70', [{ ...tcp, host_ip: '2001:db8::1', target: 70, published: '7000' }]],
  [
    '9999-10000',
    [
      { ...tcp, target: 10000 },
      { ...tcp, target: 9999 },
    ],
  ],
])('%s', (text, ports) => {
  expect(parsePort(text)).toEqual(ports);
});

test('a range has an entry for each port, host and container side by side', () => {
  const port = fc.integer({ min: 1, max: 60_000 });
  fc.assert(
    fc.property(port, port, fc.nat(50), (host, container, more) => {
      const ports = parsePort(`${host}-${host + more}:${container}-${container + more}`);
      const pairs = Array.isArray(ports)
        ? ports.map((entry) => [Number(entry.published), Number(entry.target)])
        : [];
      expect(pairs).toHaveLength(more + 1);
      for (const [published = 0, target = 0] of pairs) expect(published - target).toBe(host - container);
    }),
  );
});

test('any text is a list of ports or a sentence', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('1', '8', ':', '-', '/', 'tcp', '[', ']', '.', 'x') }),
      (text) => {
        const result = parsePort(text);
        expect(Array.isArray(result) ? result.length > 0 : result.error !== '').toBe(true);
      },
    ),
  );
});
