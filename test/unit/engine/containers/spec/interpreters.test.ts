import { describe, expect, it } from 'vitest';
import { interpreterOf, whyNotRun } from '../../../../../src/engine/containers/spec/interpreters.ts';

const entry = (interpreter: string, magic: string, state = 'enabled', offset = 0): string =>
  `${state}\ninterpreter ${interpreter}\nflags: OCF\noffset ${offset}\nmagic ${magic}\nmask ffffff\n`;
const arm64 = '7f454c460201010000000000000000000200b700';
const s390x = '7f454c4602020100000000000000000000020016';
const script = 'enabled\ninterpreter /usr/bin/python\nflags: \nextension .pyc\n';

describe('interpreters of other architectures', () => {
  it.each<[string, readonly string[], string | undefined]>([
    ['arm64', [script, entry('/q/aarch64', arm64)], '/q/aarch64'],
    ['s390x', [entry('/q/aarch64', arm64), entry('/q/s390x', s390x)], '/q/s390x'],
    ['arm64', [entry('/q/aarch64', arm64, 'disabled')], undefined],
    ['arm64', [entry('/q/aarch64', arm64, 'enabled', 4)], undefined],
    ['arm64', [entry('/q/any', '7f454c46')], undefined],
    ['riscv64', [entry('/q/aarch64', arm64)], undefined],
    ['pdp11', [entry('/q/aarch64', arm64)], undefined],
  ])('%s', (architecture, entries, found) => expect(interpreterOf(architecture, entries)).toBe(found));

  it('are missed before a program fails, and only where one is needed', () => {
    expect(whyNotRun('arm64', 'amd64', [])).toMatch(
      /no interpreter for programs of arm64 .*exec format error/,
    );
    expect(whyNotRun('arm64', 'amd64', [entry('/q/aarch64', arm64)])).toBeUndefined();
    expect(whyNotRun('386', 'amd64', [])).toBeUndefined();
    expect(whyNotRun('amd64', 'amd64', [])).toBeUndefined();
    expect(whyNotRun('wasm', 'amd64', [])).toBeUndefined();
  });
});
