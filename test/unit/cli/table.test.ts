import { expect, test } from 'vitest';
import { formatItems, table } from '../../../src/cli/table.ts';

test('columns line up without trailing blanks', () => {
  expect(
    table(
      ['NAME', 'X'],
      [
        ['a', '1'],
        ['longer', ''],
      ],
    ),
  ).toBe('NAME     X\na        1\nlonger\n');
});

test('formats', () => {
  const items = [{ Name: 'a', Ports: [1] }];
  expect(formatItems('json', items, () => 'T')).toBe('{"Name":"a","Ports":[1]}\n');
  expect(formatItems('table', items, () => 'T')).toBe('T');
  expect(formatItems('{{.Name}}: {{json .Ports}}', items, () => 'T')).toBe('a: [1]\n');
  expect(formatItems('table {{.Name}}\\t{{.Ports}}', items, () => 'T')).toBe('NAME   PORTS\na      [1]\n');
  expect(() => formatItems('{{.Nmae}}', items, () => 'T')).toThrow('--format has no field .Nmae');
  expect(() => formatItems('{{range .Ports}}', items, () => 'T')).toThrow('is not available');
});

test('a template whose braces are open is refused, with or without items', () => {
  for (const items of [[], [{ Name: 'x' }]])
    expect(() => formatItems('{{.Name', items, () => '')).toThrow('--format has a {{ without its }}');
});
