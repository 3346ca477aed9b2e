import { expect, test } from 'vitest';
import type { ParsedArgs } from '../../../../src/cli/arguments/command.ts';
import { labelsText, printListing } from '../../../../src/cli/render/listing.ts';

const items = [
  { ID: 'a1', Name: 'one' },
  { ID: 'a1', Name: 'two' },
];

function printed(flags: ParsedArgs['flags']): string {
  const parts: string[] = [];
  printListing({ write: (text) => void parts.push(text) }, { flags, positional: [] }, items, {
    quiet: (item) => item.ID,
    columns: ['ID', 'NAME'],
    row: (item) => [item.ID, item.Name],
  });
  return parts.join('');
}

test('a listing is a table unless --format or --quiet say otherwise', () => {
  expect(printed({})).toBe('ID        NAME\na1        one\na1        two\n');
  expect(printed({ format: '{{.Name}}' })).toBe('one\ntwo\n');
  expect(printed({ quiet: true, format: '{{.Name}}' })).toBe('a1\n');
});

test('labels are listed with commas', () => {
  expect(labelsText({ a: '1', b: '' })).toBe('a=1,b=');
  expect(labelsText(null)).toBe('');
});
