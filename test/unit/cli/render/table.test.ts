import { expect, test } from 'vitest';
import { formatItems, table } from '../../../../src/cli/render/table.ts';

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
  expect(table(['A', 'B'], [['1', '2']], 7)).toBe('A         B\n1         2\n');
  const labelled = [{ Name: 'aBcd', Labels: 'x=1,y=2=3' }];
  expect(
    formatItems(
      '{{upper .Name}} {{lower .Name}} {{truncate .Name 2}} {{.Label "y"}}{{.Label "z"}}',
      labelled,
      () => '',
    ),
  ).toBe('ABCD abcd aB 2=3\n');
  expect(() => formatItems('{{.Nmae}}', items, () => 'T')).toThrow('there is no field "Nmae"');
  expect(formatItems('{{range .Ports}}{{.}}{{end}}', items, () => 'T')).toBe('1\n');
  expect(
    formatItems(
      'table {{.ID}}\\t{{.CreatedAt}}\\t{{upper .Name}}',
      [{ ID: 1, CreatedAt: 2, Name: 'a' }],
      () => '',
      {
        titles: { ID: 'IMAGE ID' },
      },
    ),
  ).toBe('IMAGE ID   CREATED AT   NAME\n1          2            A\n');
});

test('a template whose braces are open is refused, with or without items', () => {
  for (const items of [[], [{ Name: 'x' }]])
    expect(() => formatItems('{{.Name', items, () => '')).toThrow('a {{ without its }}');
});

test('has titles that are what they are whatever a template does to the values, and takes blanks around it', () => {
  const items = [{ ID: 'a', CreatedAt: 'b', Name: 'c/d' }];
  const shown = (format: string) => formatItems(format, items, () => 'T');
  expect(shown('table  {{join (split .Name "/") "-"}}\\t{{if .ID}}{{.ID}}{{end}}\\t{{pad .ID 1 0}} ')).toBe(
    'NAME   ID    ID\nc-d    a     a\n',
  );
  expect(shown('table{{title .Name}}')).toBe('NAME\nC/D\n');
  expect(formatItems('table {{range .List}}{{.}}{{end}}', [{ List: ['x', 'y'] }], () => 'T')).toBe(
    'LIST{{.}}{{end}}\nxy\n',
  );
});
