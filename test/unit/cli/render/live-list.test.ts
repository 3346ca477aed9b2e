import { describe, expect, test } from 'vitest';
import { progressKind, showsUnicode } from '../../../../src/cli/render/choose.ts';
import { type LiveLook, type LiveRow, liveLines } from '../../../../src/cli/render/live/live-lines.ts';
import { LiveRegion } from '../../../../src/cli/render/live/live-region.ts';
import { plainLogStyle } from '../../../../src/cli/render/log-lines.ts';
import { ttyRenderer } from '../../../../src/cli/render/tty.ts';

const look: LiveLook = { columns: 60, height: 20, color: false, unicode: true, frame: 0, now: 65_000 };
const rows: LiveRow[] = [
  { label: 'Network shop_default', text: 'Created', state: 'done' },
  { label: 'Container shop-database-1', text: 'Waiting', state: 'working', began: 52_500 },
  { label: 'Container shop-web-1', text: '', state: 'pending' },
];

describe('lines of a live list', () => {
  test('each row has a mark of its own state, and words in a column', () => {
    expect(liveLines(rows, look)).toEqual([
      '[+] Running 1/3',
      '✔ Network shop_default       Created',
      '⠋ Container shop-database-1  Waiting  12s',
      '  Container shop-web-1',
    ]);
    expect(liveLines(rows, { ...look, frame: 3 })[2]).toMatch(/^⠸/);
  });

  test('names keep their ends on a narrow terminal, and no line is wider than it', () => {
    const lines = liveLines(rows, { ...look, columns: 30 });
    expect(lines).toEqual([
      '[+] Running 1/3',
      '✔ shop_default   Created',
      '⠋ …p-database-1  Waiting  12s',
      '  shop-web-1',
    ]);
    for (const columns of [20, 25, 40, 55])
      for (const line of liveLines(rows, { ...look, columns })) expect(line.length).toBeLessThan(columns);
  });

  test('with too many rows, what is over gives way, and the rest is counted', () => {
    expect(liveLines(rows, { ...look, height: 3 })).toEqual([
      '[+] Running 1/3',
      '⠋ Container shop-database-1  Waiting  12s',
      '  … 2 more',
    ]);
  });

  test('no glyphs beyond ASCII where the locale has none; colours only when asked for', () => {
    expect(liveLines(rows, { ...look, unicode: false, columns: 30 }).join('')).toMatch(/^[\x20-\x7e]*$/);
    expect(liveLines(rows, { ...look, color: true })[1]).toContain('\u001b[32m✔\u001b[0m');
  });
});

/**
 * A terminal that shows what was written to it: carriage return, cursor up, clear to the end, and the cursor's hiding are
 * understood.
 */
function screen(columns = 60, height = 24) {
  const lines = [''];
  let row = 0;
  let column = 0;
  let cursor = true;
  let wholes = 0;
  return {
    isTTY: true,
    columns,
    rows: height,
    write(text: string) {
      for (const [, up, clear, show, char] of text.matchAll(
        /\u001b\[(\d+)A|\u001b\[([JK])|\u001b\[\?25([hl])|([\s\S])/g,
      )) {
        if (show !== undefined) cursor = show === 'h';
        else if (up !== undefined) row = Math.max(0, row - Number(up));
        else if (clear !== undefined) {
          if (clear === 'J' && row === 0 && column === 0 && lines.join('') !== '') wholes += 1;
          lines[row] = lines[row]!.slice(0, column);
          if (clear === 'J') lines.length = row + 1;
        } else if (char === '\r') column = 0;
        else if (char === '\n') {
          row += 1;
          column = 0;
          lines[row] ??= '';
        } else {
          lines[row] = `${lines[row]!.slice(0, column)}${char}${lines[row]!.slice(column + 1)}`;
          column += 1;
        }
      }
      return true;
    },
    shown: () => lines.join('\n').trimEnd(),
    cursor: () => cursor,
    /** How often all of it was cleared, which some terminals keep in their history. */
    wholes: () => wholes,
  };
}
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('live region', () => {
  test('lines are drawn over, text comes to stand above them, and the last picture stays', async () => {
    const terminal = screen();
    let word = 'one';
    const region = new LiveRegion({ terminal, draw: () => ['list', word] });
    region.open();
    expect(terminal.shown()).toBe('list\none');
    expect(terminal.cursor()).toBe(false);
    word = 'two';
    region.changed();
    region.above('a line of a service\n', terminal);
    await turn();
    expect(terminal.shown()).toBe('a line of a service\nlist\ntwo');
    word = 'end';
    region.close();
    terminal.write('$ ');
    expect(terminal.cursor()).toBe(true);
    expect(terminal.shown()).toBe('a line of a service\nlist\nend\n$');
  });

  test('lines at the top of the screen are drawn over without clearing it, longer or shorter, more or fewer', async () => {
    const terminal = screen();
    let lines = ['list', 'a long line', 'third'];
    const region = new LiveRegion({ terminal, draw: () => lines });
    region.open();
    for (lines of [['list', 'short'], ['l'], ['list', 'again', 'more', 'lines']]) {
      region.changed();
      await turn();
      expect(terminal.shown()).toBe(lines.join('\n'));
    }
    region.above('text of\nsomebody\n', terminal);
    await turn();
    expect(terminal.shown()).toBe(['text of', 'somebody', ...lines].join('\n'));
    region.close();
    expect(terminal.wholes()).toBe(0);
  });

  test('text that goes elsewhere leaves the lines alone', () => {
    const terminal = screen();
    const written: string[] = [];
    const region = new LiveRegion({ terminal, draw: () => ['list'] });
    region.open();
    region.above('text\n', { write: (text) => written.push(text) });
    region.close();
    expect(written).toEqual(['text\n']);
    expect(terminal.shown()).toBe('list');
  });
});

test('the terminal renderer ticks off, shows output above the list, and ends what was cut short', async () => {
  const terminal = screen();
  const stream = terminal as unknown as NodeJS.WriteStream;
  const renderer = ttyRenderer({
    out: stream,
    err: stream,
    color: { stdout: false, stderr: false },
    unicode: true,
    log: plainLogStyle,
  });
  renderer.emit({
    type: 'begin',
    resources: [
      { kind: 'network', name: 'n' },
      { kind: 'container', name: 'c' },
    ],
  });
  renderer.emit({ type: 'progress', kind: 'network', name: 'n', status: 'Created', state: 'done', at: 0 });
  renderer.emit({
    type: 'progress',
    kind: 'container',
    name: 'c',
    status: 'Waiting',
    state: 'working',
    at: 0,
  });
  renderer.emit({ type: 'log', service: 's', container: 'c', stream: 'stdout', line: 'booting' });
  await turn();
  expect(terminal.shown()).toMatch(
    /^c {2}\| booting\n\[\+\] Running 1\/2\n✔ Network n {4}Created\n[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Container c {2}Waiting$/,
  );
  await renderer.close();
  await renderer.close();
  renderer.emit({ type: 'warning', message: 'after' });
  expect(terminal.shown()).toBe(
    'c  | booting\n[+] Running 1/2\n✔ Network n    Created\n- Container c  Waiting\nwarning: after',
  );
});

test('progress is drawn only on a terminal that can be drawn on', () => {
  const tty = { isTTY: true, columns: 80 };
  const kind = (choice: Partial<Parameters<typeof progressKind>[0]>) =>
    progressKind({ progress: 'auto', ansi: 'auto', term: 'xterm', err: tty, ...choice });
  expect(kind({})).toBe('tty');
  expect(kind({ err: {} })).toBe('plain');
  expect(kind({ err: { isTTY: true, columns: 0 } })).toBe('plain');
  expect(kind({ term: 'dumb' })).toBe('plain');
  expect(kind({ ansi: 'never' })).toBe('plain');
  expect(kind({ progress: 'json' })).toBe('json');
  expect(kind({ progress: 'tty', err: {} })).toBe('tty');
  expect(() => kind({ progress: 'tty', ansi: 'never' })).toThrow(/--ansi never/);
});

test('the locale says what the terminal shows', () => {
  expect(showsUnicode({})).toBe(true);
  expect(showsUnicode({ LANG: 'de_DE.UTF-8' })).toBe(true);
  expect(showsUnicode({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' })).toBe(false);
  expect(showsUnicode({ LANG: 'C.utf8', TERM: 'linux' })).toBe(false);
});
