import type { CgroupLayout } from '../../runtime/cgroup/cgroup-layout.ts';
import type { CgroupFacts } from '../facts.ts';
import { type Finding, limited, ok } from '../finding.ts';
import { asRoot, type Ground, writeFile } from '../ground.ts';

/** The controllers that limits need. */
const wanted = ['cpu', 'cpuset', 'io', 'memory', 'pids'] as const;
/** The same for v1 hierarchies. */
const wantedV1 = ['cpu', 'cpuset', 'blkio', 'memory', 'pids', 'devices', 'freezer'] as const;

/** Control groups: only limits, pausing and statistics depend on them. */
export function cgroupFindings(facts: CgroupFacts, ground: Ground): readonly Finding[] {
  return ground.uid === 0 ? [rootFinding(facts.layout)] : [userFinding(facts, ground)];
}

function rootFinding(layout: CgroupLayout): Finding {
  if (layout.kind === 'none')
    return limited('cgroups.layout', `${layout.reason}: containers run without limits`);
  if (layout.kind === 'v2') {
    const lacking = wanted.filter((name) => !layout.controllers.includes(name));
    return lacking.length === 0
      ? ok('cgroups.layout', `v2, with ${wanted.join(', ')}`)
      : limited(
          'cgroups.layout',
          `v2, without ${lacking.join(', ')}: limits that need them are not enforced`,
        );
  }
  const kind = layout.unified === undefined ? 'v1' : 'v1 with a v2 tree beside it (hybrid)';
  const lacking = wantedV1.filter((name) => layout.mounts[name] === undefined);
  return lacking.length === 0
    ? ok('cgroups.layout', `${kind}, with ${wantedV1.join(', ')}`)
    : limited(
        'cgroups.layout',
        `${kind}, without ${lacking.join(', ')}: limits that need them are not enforced`,
      );
}

const without = 'containers run without limits on memory, CPU and processes';

function userFinding(facts: CgroupFacts, ground: Ground): Finding {
  const { layout, delegated, named, unasked, systemd } = facts;
  if (delegated !== undefined) {
    const lacking = wanted.filter((name) => !delegated.controllers.includes(name));
    if (lacking.length === 0)
      return ok('cgroups.delegated', `${delegated.path} is delegated, with ${wanted.join(', ')}`);
    return limited(
      'cgroups.delegated',
      `${delegated.path} is delegated without ${lacking.join(', ')}: limits that need them are not enforced`,
      systemd ? delegate(ground) : undefined,
    );
  }
  if (named !== undefined) {
    const why = `TCOMPOSE_CGROUP names ${named}, which is no control group of v2 that you may write to`;
    return limited('cgroups.delegated', `${why}: ${without}`, 'unset TCOMPOSE_CGROUP');
  }
  if (unasked !== undefined) {
    const why =
      unasked === 'bus' ? 'there is no bus below XDG_RUNTIME_DIR' : 'there is no systemd-run on PATH';
    return limited(
      'cgroups.delegated',
      `your systemd can provide a control group, but cannot be asked (${why}): ${without}`,
      unasked === 'bus' ? `export XDG_RUNTIME_DIR=/run/user/${ground.uid}` : undefined,
    );
  }
  if (layout.kind === 'v1' || !systemd) {
    const why =
      layout.kind === 'v1'
        ? 'control groups are v1, which cannot be delegated to users'
        : 'no control group is delegated to this user';
    return limited('cgroups.delegated', `${why}: ${without}`);
  }
  return limited(
    'cgroups.delegated',
    `no control group is delegated to this session: ${without}`,
    delegate(ground),
  );
}

/** The drop-in with which systemd delegates controllers to users' own managers; it applies from the next login on. */
function delegate(ground: Ground): string {
  const directory = '/etc/systemd/system/user@.service.d';
  const text = `[Service]\\nDelegate=${wanted.join(' ')}\\n`;
  return [
    asRoot(ground, `mkdir -p ${directory}`),
    writeFile(ground, text, `${directory}/delegate.conf`),
    asRoot(ground, 'systemctl daemon-reload'),
  ].join(' && ');
}
