import { examine, exitCode } from '../../../doctor/examine.ts';
import { type Topic, topics } from '../../../doctor/finding.ts';
import { TcomposeError } from '../../../errors.ts';
import { nearest } from '../../../nearest.ts';
import { type Command, flag } from '../../arguments/command.ts';
import type { CliContext } from '../../context.ts';
import { gather, noProject, type ProjectReading } from '../../doctor/gather.ts';
import { needsOf, noNeeds } from '../../doctor/project-needs.ts';
import { reportJson, reportText } from '../../doctor/report.ts';

/** `tcompose doctor`: what works on this machine, what is missing, and the command that fixes it. */
export const command: Command = {
  name: 'doctor',
  summary: 'Check that this machine has what containers need; exit code 1 when something needed is missing',
  args: {
    usage: '[TOPIC...]',
    flags: [
      { name: 'json', type: 'boolean', summary: 'As JSON' },
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'Show only problems' },
    ],
  },
  async run(args, ctx) {
    const wanted = topicsNamed(args.positional);
    const facts = await gather(wanted, ctx.env, await readProject(ctx));
    const findings = examine(facts);
    ctx.write(
      flag.bool(args, 'json')
        ? reportJson(findings, facts.ground)
        : reportText(findings, facts.ground, { color: ctx.color.stdout, quiet: flag.bool(args, 'quiet') }),
    );
    return exitCode(findings);
  },
};

/** All topics if none is named. @throws TcomposeError CLI_USAGE for an unknown name */
function topicsNamed(given: readonly string[]): readonly Topic[] {
  const unknown = given.find((name) => !(topics as readonly string[]).includes(name));
  if (unknown !== undefined) {
    const near = nearest(unknown, topics);
    throw new TcomposeError('CLI_USAGE', `the doctor has no check named ${unknown}`, {
      hint: near === undefined ? `Topics are ${topics.join(', ')}.` : `Did you mean ${near}?`,
    });
  }
  return given.length === 0 ? topics : topics.filter((topic) => given.includes(topic));
}

/** The project in this directory, if there is one. Nothing is fetched for it. */
async function readProject(ctx: CliContext): Promise<ProjectReading> {
  const { globals } = ctx;
  if (globals.files.includes('-')) return noProject;
  const [{ loadProject }, { nodeEffects }] = await Promise.all([
    import('../../../compose/load.ts'),
    import('../../../compose/effects.ts'),
  ]);
  try {
    const { project } = await loadProject({
      effects: nodeEffects(),
      files: globals.files,
      projectName: globals.projectName,
      projectDirectory: globals.projectDirectory,
      profiles: globals.profiles,
      envFiles: globals.envFiles,
      noEnvResolution: true,
      env: ctx.env,
      cwd: ctx.cwd,
    });
    return { needs: needsOf(project), unread: undefined };
  } catch (error) {
    if (error instanceof TcomposeError && error.code === 'COMPOSE_NO_FILE' && globals.files.length === 0)
      return noProject;
    return { needs: noNeeds, unread: error instanceof Error ? error.message.split('\n')[0]! : String(error) };
  }
}
