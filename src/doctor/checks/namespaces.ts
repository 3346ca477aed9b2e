import type { NamespaceFacts, Probe, ProbeStep } from '../facts.ts';
import { type Finding, missing, ok } from '../finding.ts';
import { asRoot, type Ground, sysctl, writeFile } from '../ground.ts';
import { forbidden, refused } from './probe.ts';

/** Namespaces of a kind for many containers. */
const enough = 15_000;

const words: Readonly<Partial<Record<ProbeStep, string>>> = {
  ipc: 'IPC',
  uts: 'UTS',
  cgroup: 'control group',
  net: 'network',
  mnt: 'mount',
  pid: 'process',
};

/** Namespaces: the probe's result decides; the settings explain it, and what to do. */
export function namespaceFindings(facts: NamespaceFacts, ground: Ground): readonly Finding[] {
  const { probe } = facts;
  if (probe === undefined) {
    return [missing('namespaces.probe', `${facts.binary} cannot be run, so no container can be started`)];
  }
  if (ground.uid !== 0) {
    const refusal = userRefusal(facts, probe, ground);
    if (refusal !== undefined) return [refusal];
  }
  const lost = refused(probe, ['ipc', 'uts', 'cgroup', 'net', 'mnt', 'pid']);
  if (lost.length > 0) {
    const kinds = lost.map(({ step, why }) => `${words[step]} (${why})`).join(', ');
    const full = lost.find(({ why }) => why === 'ENOSPC');
    if (full !== undefined) {
      const setting = `user.max_${full.step}_namespaces`;
      return [
        missing(
          'namespaces.kinds',
          `namespaces that cannot be made: ${kinds}; as many exist as ${setting} allows`,
          sysctl(ground, setting, enough),
        ),
      ];
    }
    return [
      missing(
        'namespaces.kinds',
        `namespaces that cannot be made: ${kinds}; inside a container, whoever runs that must allow it (--privileged)`,
      ),
    ];
  }
  const [proc] = refused(probe, ['proc']);
  if (proc !== undefined) {
    return [
      missing(
        'namespaces.proc',
        `no /proc can be mounted for containers (${proc.why}): this machine is a container whose own /proc is masked; it is to be run with --security-opt systempaths=unconfined`,
      ),
    ];
  }
  const kinds = ground.uid === 0 ? 'all kinds can be made' : 'all kinds can be made without root';
  return [ok('namespaces.kinds', kinds)];
}

/** Why a user can't make a user namespace, or only a useless one. */
function userRefusal(facts: NamespaceFacts, probe: Probe, ground: Ground): Finding | undefined {
  const made = probe.user === 0;
  if (made && probe.map === 0 && !forbidden(probe, 'mnt') && !forbidden(probe, 'net')) return undefined;
  if (!made && facts.maxUser === '0') {
    return missing(
      'namespaces.user',
      'user namespaces are switched off (user.max_user_namespaces is 0), and containers without root need one',
      sysctl(ground, 'user.max_user_namespaces', enough),
    );
  }
  if (refused(probe, ['user'])[0]?.why === 'ENOSPC') {
    return missing(
      'namespaces.user',
      `as many user namespaces exist as user.max_user_namespaces allows (${facts.maxUser}), and containers without root need one`,
      sysctl(ground, 'user.max_user_namespaces', Math.max(enough, 2 * Number(facts.maxUser))),
    );
  }
  if (!made && facts.debianClone === '0') {
    return missing(
      'namespaces.user',
      'only root may make user namespaces (kernel.unprivileged_userns_clone is 0), and containers without root need one',
      sysctl(ground, 'kernel.unprivileged_userns_clone', 1),
    );
  }
  if (facts.appArmor === '1') {
    return missing(
      'namespaces.user',
      `AppArmor restricts user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1): ${facts.binary} needs a profile`,
      appArmorProfile(facts.binary, ground),
    );
  }
  const [first] = refused(probe, ['user', 'map', 'net', 'mnt']);
  return missing(
    'namespaces.user',
    `no user namespace can be used (${first?.why ?? 'refused'}), and containers without root need one; inside a container, whoever runs that must allow it (a seccomp profile, --privileged)`,
  );
}

/** A separate profile for the binary that allows user namespaces and changes nothing else. */
function appArmorProfile(binary: string, ground: Ground): string {
  const profile = `abi <abi/4.0>,\\nprofile tcompose ${binary} flags=(unconfined) { userns, }\\n`;
  const file = '/etc/apparmor.d/tcompose';
  return `${writeFile(ground, profile, file)} && ${asRoot(ground, `apparmor_parser -r ${file}`)}`;
}
