import { statSync } from 'node:fs';
import type { IdProgram, SubIdFacts } from '../../doctor/facts.ts';
import { output, program, text } from './machine.ts';

/**
 * The ids that the machine's owner has given to a user: from the name service if getsubids(1) is installed, else from
 * the files.
 */
export async function readSubIds(
  user: { readonly name: string; readonly uid: number },
  path: string | undefined,
): Promise<SubIdFacts> {
  const getsubids = program('getsubids', path);
  const getcap = program('getcap', path);
  const texts = async (file: string, groups: boolean) => {
    const all = text(file);
    const given = getsubids && (await output(getsubids, groups ? ['-g', user.name] : [user.name]))?.trim();
    const own = given
      ? given.replace(/^\d+:\s*(\S+)\s+(\d+)\s+(\d+)$/gm, '$1:$2:$3')
      : all
          .split('\n')
          .filter((line) => [user.name, String(user.uid)].includes(line.split(':')[0] ?? ''))
          .join('\n');
    return { own, all };
  };
  const idProgram = async (name: string): Promise<IdProgram | undefined> => {
    const file = program(name, path);
    if (file === undefined) return undefined;
    return {
      path: file,
      setuid: (statSync(file).mode & 0o4000) !== 0,
      capabilities: getcap && (await output(getcap, [file])),
    };
  };
  const [subuid, subgid, newuidmap, newgidmap] = await Promise.all([
    texts('/etc/subuid', false),
    texts('/etc/subgid', true),
    idProgram('newuidmap'),
    idProgram('newgidmap'),
  ]);
  return {
    subuid,
    subgid,
    newuidmap,
    newgidmap,
    passwd: text('/etc/passwd'),
    noNewPrivileges: /^NoNewPrivs:\s*1$/m.test(text('/proc/self/status')),
    uidMap: text('/proc/self/uid_map'),
  };
}
