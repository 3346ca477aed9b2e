import type { SessionFacts } from '../facts.ts';
import { type Finding, limited, ok } from '../finding.ts';
import type { Ground } from '../ground.ts';

/** How long containers live: until the machine shuts down, or a logout, and whether they start again after a boot. */
export function sessionFindings(facts: SessionFacts, ground: Ground): readonly Finding[] {
  const { unit, systemd, lingers } = facts;
  const boot =
    unit === undefined
      ? ok(
          'session.boot',
          'the engine is no service: `tcompose engine install` brings containers back after a boot',
        )
      : ok('session.boot', `${unit} starts the engine at boot`);
  if (ground.uid === 0) return [boot];
  const logout =
    !systemd || lingers
      ? []
      : [
          limited(
            'session.linger',
            'containers may end with your last logout, and the directory of the engine’s socket does',
            'loginctl enable-linger',
          ),
        ];
  return [...runtimeDirectory(facts), ...logout, boot];
}

function runtimeDirectory({ runtimeDirectory: given, run, usual }: SessionFacts): readonly Finding[] {
  if (given !== '' && run.startsWith(`${given}/`)) return [];
  if (usual === undefined) return [];
  const why = given === '' ? 'is not set' : `is ${given}, which is not yours or open to others`;
  return [
    limited(
      'session.directory',
      `XDG_RUNTIME_DIR ${why}, so the engine’s socket is in ${run}, where your login sessions do not look for it`,
      `export XDG_RUNTIME_DIR=${usual}`,
    ),
  ];
}
