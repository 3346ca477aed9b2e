import { connectEngine } from '../engine/client/connect.ts';
import { ownView, userPlaces } from '../engine/client/rootless/places.ts';
import { labels } from '../project/labels.ts';
import type { CliContext, Env } from './context.ts';

/** How to reach containers that a command did not find, as a warning and its hint. */
interface Elsewhere {
  readonly sentence: string;
  readonly hint: string;
}

/**
 * Whether a project that root's engine does not have is in the engine of the user who typed `sudo`: engines don't see
 * each other's projects, and an empty list would look as if the project were gone. Undefined when it is not there, or
 * that can't be determined.
 */
async function projectElsewhere(
  env: Env,
  name: string,
  uid = process.getuid?.(),
): Promise<Elsewhere | undefined> {
  const user = Number(env.SUDO_UID);
  if (uid !== 0 || !(user > 0) || env.DOCKER_HOST) return undefined;
  try {
    const home = homeOf(user);
    const places = { HOME: home, XDG_RUNTIME_DIR: `/run/user/${user}` };
    const { run } = userPlaces(places, { uid: user, home, ...ownView });
    const client = await connectEngine({ DOCKER_HOST: `unix://${run}/engine.sock` }, { start: false });
    const found = await client.containers.list({
      all: true,
      filters: { label: [`${labels.project}=${name}`] },
    });
    client.close();
    if (found.length === 0) return undefined;
    return {
      sentence: `project ${name} is not in root's engine, but in that of ${env.SUDO_USER ?? `user ${user}`}: containers: ${found.length}`,
      hint: 'Run the command without sudo.',
    };
  } catch {
    return undefined;
  }
}

/** From /etc/passwd; '/' for a user that is not in it. */
function homeOf(uid: number): string {
  const lines = ownView.read('/etc/passwd').split('\n');
  return lines.map((line) => line.split(':')).find((fields) => Number(fields[2]) === uid)?.[5] || '/';
}

/** Warns when a command that `found` no containers of a project would find some without sudo. */
export async function tellElsewhere(ctx: CliContext, found: number, name: string): Promise<void> {
  const elsewhere = found === 0 ? await projectElsewhere(ctx.env, name) : undefined;
  if (elsewhere !== undefined) ctx.warn(elsewhere.sentence, elsewhere.hint);
}
