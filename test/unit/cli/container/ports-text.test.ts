import { expect, test } from 'vitest';
import { portsText } from '../../../../src/cli/container/ports-text.ts';

test('published ports: by private port, IPv4 before IPv6', () => {
  const port = (IP: string, PrivatePort: number) =>
    ({ IP, PrivatePort, PublicPort: PrivatePort + 8000, Type: 'tcp' }) as const;
  expect(portsText([port('::', 80), port('0.0.0.0', 80), port('127.0.0.1', 22)])).toBe(
    '127.0.0.1:8022->22/tcp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp',
  );
});
