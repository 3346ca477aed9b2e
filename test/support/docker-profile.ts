import { readFileSync } from 'node:fs';

const path = new URL('../../fixtures/seccomp/docker-28.5-x64.txt', import.meta.url);

/** Verdicts (`allow` or an errno) by `INTERFACE NUMBER`. */
type Verdicts = ReadonlyMap<string, string>;

/** Where the default profile is stricter than Docker's on purpose, with the errno. */
export const stricter: Verdicts = new Map([
  ['socket 38', '1'],
  ['i386-socket 38', '1'],
  ['socketcall 1', '38'],
]);

/** What a container of Docker is allowed with one capability ('none': with none), from the fixture. */
export function dockerVerdicts(capability: string): Verdicts {
  const sections = readFileSync(path, 'utf8').split(/^\[(\w+)\]$/m);
  const of = (name: string): Verdicts => parseVerdicts(sections[sections.indexOf(name) + 1] ?? '');
  return capability === 'none' || !sections.includes(capability)
    ? of('none')
    : new Map([...of('none'), ...of(capability)]);
}

/** Reads `INTERFACE FIRST-LAST VERDICT` lines. */
export function parseVerdicts(text: string): Verdicts {
  const found = new Map<string, string>();
  for (const line of text.trim().split('\n')) {
    const match = /^(\S+) (\d+)-(\d+) (\w+)$/.exec(line);
    if (match === null) continue;
    const [, name, first, last, verdict] = match;
    for (let at = Number(first); at <= Number(last); at++) found.set(`${name} ${at}`, verdict!);
  }
  return found;
}

/** Everything in which verdicts differ from what is expected, as text. */
export const differences = (found: Verdicts, expected: Verdicts): string[] =>
  [...expected].flatMap(([call, verdict]) =>
    found.get(call) === verdict ? [] : [`${call}: ${found.get(call)} where ${verdict} is expected`],
  );
