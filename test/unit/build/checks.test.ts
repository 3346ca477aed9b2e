import { describe, expect, it } from 'vitest';
import { detectDirective, readCheckOptions } from '../../../src/build/dockerfile/directives.ts';
import { parseDockerfile } from '../../../src/build/dockerfile/parse.ts';
import { readDockerfile } from '../../../src/build/instruction/read-dockerfile.ts';
import { lint } from '../../../src/build/lint/lint.ts';
import { type BuildOptions, plainOptions } from '../../../src/build/plan/options.ts';
import { planBuild } from '../../../src/build/plan/planner.ts';
import { newNotes } from '../../../src/build/plan/stages/notes.ts';

/** `Rule line` of what is found, and why there is no plan. */
function check(text: string, options: Partial<BuildOptions> = {}) {
  const parsed = parseDockerfile(text, 'Dockerfile');
  const dockerfile = readDockerfile(parsed);
  const notes = newNotes();
  let error: string | undefined;
  try {
    planBuild(dockerfile, { ...plainOptions, ...options }, new Map(), notes);
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  const found = lint(parsed, dockerfile, notes, readCheckOptions(detectDirective('check', text)?.text ?? ''));
  return {
    rules: found.map(({ rule, range }) => `${rule} ${range.start}`),
    messages: found.map(({ message }) => message),
    error,
  };
}

describe('checks of a Dockerfile', () => {
  it('find names of images that are none without an argument', () => {
    const text =
      'ARG BASE\nARG TAG\nFROM $BASE AS a\nFROM scratch:$TAG\nFROM ${BASE:-scratch}\nFROM ${BASE:?given}\n';
    const given = new Map([
      ['BASE', 'scratch'],
      ['TAG', '1'],
    ]);
    expect(check(text, { buildArgs: given }).rules).toEqual([
      'InvalidDefaultArgInFrom 3',
      'InvalidDefaultArgInFrom 4',
    ]);
    expect(check('FROM $B\nFROM scratch\n')).toMatchObject({
      rules: ['InvalidDefaultArgInFrom 1', 'UndefinedArgInFrom 1'],
      error: 'base name ($B) should not be blank',
    });
    // One that is declared without a value is declared.
    expect(check('ARG B\nFROM $B\n').rules).toEqual(['InvalidDefaultArgInFrom 2']);
  });

  it('find a platform that is the target’s, however it is written', () => {
    const text = (platform: string) => `FROM --platform=${platform} scratch\n`;
    for (const platform of ['$TARGETPLATFORM', '${TARGETPLATFORM}', '${TARGETPLATFORM:-x}'])
      expect(check(text(platform)).rules).toEqual(['RedundantTargetPlatform 1']);
    for (const platform of ['$BUILDPLATFORM', '$TARGETOS/$TARGETARCH', '$TARGETPLATFORM/v1'])
      expect(check(text(platform)).rules).toEqual([]);
  });

  it('find comments that describe something else, when they are asked to', () => {
    const text =
      '# is wrong\nARG A=1\n# B is right\nARG B=1\n# wrong\nFROM scratch AS Last\n# one of them\nARG C D\n';
    expect(check(text).rules).toEqual(['StageNameCasing 6']);
    const asked = check(`# check=experimental=InvalidDefinitionDescription\n${text}`);
    expect(asked.rules).toEqual([
      'InvalidDefinitionDescription 3',
      'StageNameCasing 7',
      'InvalidDefinitionDescription 7',
      'InvalidDefinitionDescription 9',
    ]);
    expect(asked.messages).toContain('Comment for ARG should follow the format: `# A <description>`');
    expect(asked.messages).toContain('Comment for FROM should follow the format: `# last <description>`');
    expect(asked.messages).toContain('Comment for ARG should follow the format: `# <arg_key> <description>`');
  });

  it('look at stages that are built, or at all of them', () => {
    const text =
      'FROM scratch AS a\nCMD x\nCOPY $U /\nMAINTAINER x\nFROM scratch AS b\nENV k v\nFROM scratch\nENV k v\n';
    const form = ['MaintainerDeprecated 4'];
    expect(check(text).rules).toEqual([...form, 'LegacyKeyValueFormat 8']);
    expect(check(text, { target: 'b' }).rules).toEqual([...form, 'LegacyKeyValueFormat 6']);
    expect(check(text, { everyStage: true }).rules).toEqual([
      'JSONArgsRecommended 2',
      'UndefinedVar 3',
      ...form,
      'LegacyKeyValueFormat 6',
      'LegacyKeyValueFormat 8',
    ]);
  });

  it('say what they found also where the build can not be planned', () => {
    const text = 'FROM scratch\nENV k v\nCOPY $U /\nVOLUME ""\n';
    expect(check(text)).toMatchObject({
      rules: ['LegacyKeyValueFormat 2', 'UndefinedVar 3'],
      error: 'VOLUME specified can not be an empty string',
    });
  });

  it('name instructions and stages as BuildKit does', () => {
    const text = 'from scratch as One\neNv k v\ncmd x\ncmd y\nfrom scratch as ONE\n';
    expect(check(text, { everyStage: true }).messages).toEqual(
      expect.arrayContaining([
        '"eNv key=value" should be used instead of legacy "eNv key value" format',
        'JSON arguments recommended for cmd to prevent unintended behavior related to OS signals',
        'Multiple CMD instructions should not be used in the same stage because only the last one will be used',
        'Duplicate stage name "one", stage names should be unique',
      ]),
    );
  });
});
