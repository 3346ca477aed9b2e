import { constants } from 'node:os';
import type { LimitFacts } from '../facts.ts';
import { type Finding, limited, missing, ok } from '../finding.ts';
import { asRoot, type Ground, sysctl } from '../ground.ts';

/** Open files below which an engine with some containers runs out. */
const fewFiles = 4096;
/** What search engines of the Lucene family require to start. */
const manyMaps = 262_144;
const mapHungry = /(^|\/)(elasticsearch|opensearch|sonarqube|cassandra|neo4j)([:@]|$)/;

/** Kernel limits and settings that containers run into. */
export function limitFindings(facts: LimitFacts, ground: Ground): readonly Finding[] {
  const found = [...files(facts), ...keys(facts, ground), ...maps(facts, ground), ...kinds(facts, ground)];
  return found.length > 0
    ? found
    : [ok('limits.kernel', `${facts.openFiles} open files; enough keys, maps and namespaces`)];
}

function files({ openFiles }: LimitFacts): readonly Finding[] {
  if (openFiles >= fewFiles) return [];
  return [
    limited(
      'limits.open-files',
      `a process may open ${openFiles} files at most, too few for many containers`,
      'ulimit -Hn 65536',
    ),
  ];
}

/** Each container has a session keyring of its own. */
function keys({ keys: quota, probe }: LimitFacts, ground: Ground): readonly Finding[] {
  const setting = ground.uid === 0 ? 'kernel.keys.root_maxkeys' : 'kernel.keys.maxkeys';
  const fix = sysctl(ground, setting, ground.uid === 0 ? 1_000_000 : 10_000);
  if (probe?.keyring === constants.errno.EDQUOT) {
    return [
      missing(
        'limits.keys',
        `this user has all the keys it may have (${setting}): no container gets its own`,
        fix,
      ),
    ];
  }
  if (quota === undefined || quota.used < quota.most * 0.8) return [];
  return [
    limited(
      'limits.keys',
      `${quota.used} of ${quota.most} keys are in use, and each container takes one (${setting})`,
      fix,
    ),
  ];
}

function maps({ mapCount, images }: LimitFacts, ground: Ground): readonly Finding[] {
  const image = images.find((name) => mapHungry.test(name));
  if (image === undefined || mapCount >= manyMaps) return [];
  return [
    limited(
      'limits.maps',
      `${image} wants vm.max_map_count to be ${manyMaps} or more, and it is ${mapCount}`,
      sysctl(ground, 'vm.max_map_count', manyMaps),
    ),
  ];
}

/** Kinds of namespaces of which very few are allowed. User namespaces are a separate topic. */
function kinds({ namespaces }: LimitFacts, ground: Ground): readonly Finding[] {
  return Object.entries(namespaces).flatMap(([kind, most]) => {
    if (kind === 'user' || most >= 64) return [];
    const setting = `user.max_${kind}_namespaces`;
    const fix =
      ground.uid === 0 ? sysctl(ground, setting, 15_000) : asRoot(ground, `sysctl -w ${setting}=15000`);
    const text = `there may be ${most} ${kind} namespaces (${setting}), and each container takes one`;
    return [most === 0 ? missing('limits.namespaces', text, fix) : limited('limits.namespaces', text, fix)];
  });
}
