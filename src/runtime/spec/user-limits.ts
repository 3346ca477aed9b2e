import type { HostConfigInput, MachineFacts } from './spec-input.ts';

/** Lines of /proc/self/limits (proc_pid_limits(5)) by docker's names of ulimits. */
const lines: Readonly<Record<string, string>> = {
  core: 'Max core file size',
  cpu: 'Max cpu time',
  data: 'Max data size',
  fsize: 'Max file size',
  locks: 'Max file locks',
  memlock: 'Max locked memory',
  msgqueue: 'Max msgqueue size',
  nice: 'Max nice priority',
  nofile: 'Max open files',
  nproc: 'Max processes',
  rss: 'Max resident set',
  rtprio: 'Max realtime priority',
  rttime: 'Max realtime timeout',
  sigpending: 'Max pending signals',
  stack: 'Max stack size',
};

/** The finite hard limits of a process, by docker's names, from the text of its /proc/self/limits. Pure. */
export function hardLimits(text: string): Readonly<Record<string, number>> {
  const rows = text.split('\n');
  return Object.fromEntries(
    Object.entries(lines).flatMap(([name, title]) => {
      const hard = rows
        .find((row) => row.startsWith(title))
        ?.slice(title.length)
        .trim()
        .split(/\s+/)[1];
      return hard === undefined || !/^\d+$/.test(hard) ? [] : [[name, Number(hard)]];
    }),
  );
}

/** Number of CAP_SYS_RESOURCE (capabilities(7)), which raising a hard limit and lowering an OOM score take. */
const sysResource = 24n;

/**
 * A sentence for each setting that takes CAP_SYS_RESOURCE on the machine, when the engine does not have it: in a user
 * namespace, or as root in a container or machine without it. The shim sets such a limit as high as permitted. Pure.
 */
export function userLimitWarnings(
  { OomScoreAdj, Ulimits }: Pick<HostConfigInput, 'OomScoreAdj' | 'Ulimits'>,
  { userNamespace, boundingSet, limits = {} }: Pick<MachineFacts, 'userNamespace' | 'boundingSet' | 'limits'>,
): readonly string[] {
  const missing = boundingSet !== undefined && ((boundingSet >> sysResource) & 1n) === 0n;
  if (!userNamespace && !missing) return [];
  const who = userNamespace ? 'only root' : 'only a root with CAP_SYS_RESOURCE';
  const raised = (Ulimits ?? []).flatMap(({ Name, Hard }) => {
    const most = limits[Name.toLowerCase()];
    if (most === undefined || (Hard >= 0 && Hard <= most)) return [];
    return [`ulimit ${Name} stays at ${most}: ${who} can raise it`];
  });
  const score = OomScoreAdj ?? 0;
  return score < 0 ? [...raised, `oom_score_adj ${score} is not applied: ${who} can lower it`] : raised;
}
