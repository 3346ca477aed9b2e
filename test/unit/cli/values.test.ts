import { expect, test } from 'vitest';
import { portsText } from '../../../src/cli/container/ports-text.ts';
import { checkSignal } from '../../../src/cli/signals.ts';
import { formatItems } from '../../../src/cli/table.ts';

test('signals are known by number and name; a misspelt one is told with the nearest', () => {
  for (const word of ['9', '64', 'TERM', 'sigterm', 'SIGRTMIN+3', 'RTMAX']) checkSignal(word);
  for (const word of ['0', '65', '-1', 'FOO'])
    expect(() => checkSignal(word)).toThrow(`"${word}" is no signal`);
  try {
    checkSignal('TEM');
  } catch (error) {
    expect(error).toMatchObject({ code: 'CLI_USAGE', hint: 'Did you mean SIGTERM?' });
  }
});

test('published ports: by private port, IPv4 before IPv6', () => {
  const port = (IP: string, PrivatePort: number) =>
    ({ IP, PrivatePort, PublicPort: PrivatePort + 8000, Type: 'tcp' }) as const;
  expect(portsText([port('::', 80), port('0.0.0.0', 80), port('127.0.0.1', 22)])).toBe(
    '127.0.0.1:8022->22/tcp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp',
  );
});

test('a template whose braces are open is refused, with or without items', () => {
  for (const items of [[], [{ Name: 'x' }]])
    expect(() => formatItems('{{.Name', items, () => '')).toThrow('--format has a {{ without its }}');
});
