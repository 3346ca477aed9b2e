import { expect, test } from 'vitest';
import { checkSignal } from '../../../../src/cli/arguments/signals.ts';

test('signals are known by number and name; a misspelt one is told with the nearest', () => {
  for (const word of ['9', '64', 'TERM', 'sigterm', 'SIGRTMIN+3', 'RTMAX']) checkSignal(word);
  for (const word of ['0', '65', '-1', 'FOO'])
    expect(() => checkSignal(word)).toThrow(`"${word}" is no signal`);
  try {
    checkSignal('TEM');
  } catch (error) {
    expect(error).toMatchObject({ code: 'CLI_USAGE', hint: 'Did you mean SIGTERM?' });
  }
  expect(() => checkSignal('FOO')).toThrow(
    expect.objectContaining({ hint: expect.stringMatching(/^Name it/) }),
  );
});
