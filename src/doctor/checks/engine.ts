import type { EngineFacts, OtherEngine } from '../facts.ts';
import { type Finding, limited, missing, ok } from '../finding.ts';

/** The engine of the user who asks. One that does not run is fine: commands start it. */
export function engineFindings(facts: EngineFacts): readonly Finding[] {
  if (facts.dockerHost !== undefined)
    return [
      ok(
        'engine.state',
        `DOCKER_HOST names the engine at ${facts.dockerHost}, which the doctor does not check`,
      ),
    ];
  if (facts.unusable !== undefined)
    return [missing('engine.directories', `${facts.unusable.message}. ${facts.unusable.hint}`)];
  return [state(facts), ...damages(facts)];
}

function state({ state: how, version, cli, pid, socket, lastWords, log }: EngineFacts): Finding {
  switch (how) {
    case 'running':
      return version === cli
        ? ok('engine.state', `version ${version} runs as process ${pid} at ${socket}`)
        : limited(
            'engine.version',
            `version ${version} runs as process ${pid}, and this is ${cli}: the next command that uses it replaces it, and containers keep running`,
            'tcompose ps',
          );
    case 'silent':
      return missing(
        'engine.state',
        `the engine at ${socket} does not answer; \`tcompose engine logs\` shows what it noticed`,
        pid === undefined ? undefined : `kill ${pid}`,
      );
    case 'refused':
      return missing('engine.state', `${socket} may not be opened by this user`);
    case 'stopped':
      return lastWords.length === 0
        ? ok('engine.state', 'does not run; commands that need it start it')
        : limited(
            'engine.last-words',
            `does not run; the last lines of its log, ${log}: ${lastWords.join(' | ')}`,
          );
  }
}

const damages = ({ damaged }: EngineFacts): readonly Finding[] =>
  damaged.map(({ file, why, remedy }) => limited('engine.damaged', `${file} is damaged: ${why}. ${remedy}`));

/** Other users' engines on this machine, whose containers this user's commands don't show. */
export function otherFindings(engines: readonly OtherEngine[]): readonly Finding[] {
  return engines.map(({ whose, socket, running }) =>
    ok(
      'others.engine',
      `${whose} has an engine${running === false ? ' that does not run' : ''} at ${socket}`,
    ),
  );
}
