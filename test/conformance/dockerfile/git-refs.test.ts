import { describe, expect, test } from 'vitest';
import { parseGitReference } from '../../../src/build/source/git-reference.ts';
import { table, tablesPresent } from './tables.ts';

interface Case {
  readonly ref: string;
  readonly is_git: boolean;
  readonly error?: string;
  readonly result?: Readonly<Record<string, unknown>>;
}

describe.skipIf(!tablesPresent)('git references', () => {
  test.each(table<Case>('git-refs'))('$ref', ({ ref, is_git: isGit, error, result }) => {
    const parsed = parseGitReference(ref);
    if (parsed.kind === 'fault') {
      expect({ error: parsed.message, isGit: parsed.isGit }).toEqual({ error, isGit });
      return;
    }
    const { remote, shortName, subdir, checksum, mtime, fetchByCommit, likeLocal } = parsed.reference;
    expect(result).toMatchObject({
      Remote: remote,
      ShortName: shortName,
      Ref: parsed.reference.ref,
      SubDir: subdir,
      Checksum: checksum,
      MTime: mtime,
      FetchByCommit: fetchByCommit,
      IndistinguishableFromLocal: likeLocal,
      KeepGitDir: parsed.reference.keepGitDir ?? null,
      Submodules: parsed.reference.submodules ?? null,
    });
  });
});
