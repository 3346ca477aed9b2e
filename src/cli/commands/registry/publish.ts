import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Project } from '../../../compose/model/project.ts';
import type { TreeMap } from '../../../compose/tree.ts';
import { TcomposeError } from '../../../errors.ts';
import { parseReference } from '../../../image/reference.ts';
import { isBuiltIn } from '../../../project/images/missing-image.ts';
import { planPush } from '../../../project/images/plan-push.ts';
import { type Command, flag, type ParsedArgs } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import type { CliContext } from '../../context.ts';
import { loadEffects, loadForCommand } from '../../project.ts';
import type { ArtifactFile, OciVersion } from '../../publish/artifact-manifest.ts';
import { findingsOf, publishedTree } from '../../publish/published-tree.ts';
import { confirm } from '../../render/confirm.ts';
import { runPlan } from '../../run-plan.ts';

export const command: Command = {
  name: 'publish',
  summary: 'Publish the application to a registry',
  args: {
    usage: 'REPOSITORY[:TAG]',
    min: 1,
    max: 1,
    flags: [
      { name: 'app', type: 'boolean', summary: 'Copy the images into the repository, too' },
      { name: 'insecure-registry', type: 'boolean', hidden: true, summary: 'Without TLS' },
      {
        name: 'oci-version',
        type: 'string',
        choices: ['1.0', '1.1'],
        value: 'VERSION',
        summary: 'Version of the artifact (default: what the registry takes)',
      },
      { name: 'resolve-image-digests', type: 'boolean', summary: 'Pin image tags to digests' },
      { name: 'with-env', type: 'boolean', summary: 'Include environment files and variables' },
      sharedFlags.yes,
    ],
  },
  async run(args, ctx) {
    const [repository = ''] = args.positional;
    const reference = parseReference(repository);
    if (reference.digest !== undefined)
      throw new TcomposeError('CLI_USAGE', 'a project is published under a tag, not under a digest');
    const tree = await wholeTree(ctx);
    const project = await loadForCommand(ctx, [], { createsNothing: true, everyProfile: true });
    if (!(await agreed(ctx, args, tree))) return 1;
    const app = flag.bool(args, 'app');
    if (app) refuseBuiltIn(project);
    // Push before looking up digests: the images that are pushed now are meant.
    if (!ctx.globals.dryRun) await pushImages(ctx, project);
    const { pinImages } = await import('../../pin-images.ts');
    // An application includes copies of its images, whatever happens to their tags.
    const pinned =
      app || flag.bool(args, 'resolve-image-digests') ? await pinImages(ctx, project) : undefined;
    const parts = await partsOf(tree, project, pinned, flag.bool(args, 'with-env'));
    const { imagesOf } = await import('../../publish/publish-images.ts');
    const images = app && pinned !== undefined ? imagesOf(pinned) : undefined;
    if (ctx.globals.dryRun) {
      ctx.write(parts.map(({ name, text }) => `${name}  ${Buffer.byteLength(text)} bytes\n`).join(''));
      ctx.write((images ?? []).map((image) => `image ${image}\n`).join(''));
      return 0;
    }
    const { sendProject } = await import('../../publish/send-project.ts');
    await sendProject(ctx, repository, {
      parts,
      images,
      version: flag.str(args, 'oci-version') as OciVersion | undefined,
      insecure: flag.bool(args, 'insecure-registry'),
    });
    return 0;
  },
};

/** The files of the artifact. `pinned`: the project whose images are included as an override. */
async function partsOf(
  tree: TreeMap,
  { workingDir }: Project,
  pinned: Project | undefined,
  withEnv: boolean,
): Promise<ArtifactFile[]> {
  const [{ renderConfig, renderTree }, { imagesOnly }] = await Promise.all([
    import('../../../compose/config/index.ts'),
    import('../../pin-images.ts'),
  ]);
  const { tree: published, files } = publishedTree(tree);
  const yaml = { format: 'yaml' } as const;
  const parts: ArtifactFile[] = [
    { name: 'compose.yaml', kind: 'compose', text: renderTree(published, yaml) },
  ];
  if (pinned !== undefined)
    parts.push({
      name: 'image-digests.yaml',
      kind: 'compose',
      text: renderConfig(imagesOnly(pinned), yaml),
    });
  if (withEnv)
    for (const [path, name] of files)
      parts.push({ name, kind: 'env', text: await readFile(resolve(workingDir, path), 'utf8') });
  return parts;
}

/** The project with all of its profiles, and variables not replaced. */
async function wholeTree(ctx: CliContext): Promise<TreeMap> {
  const { loadProjectTree } = await import('../../../compose/load.ts');
  const { globals } = ctx;
  const switches = { noInterpolate: true, noPathResolution: true, noNormalize: true, noEnvResolution: true };
  const { tree } = await loadProjectTree({
    effects: await loadEffects(ctx),
    files: globals.files,
    projectName: globals.projectName,
    projectDirectory: globals.projectDirectory,
    profiles: ['*'],
    envFiles: globals.envFiles,
    env: ctx.env,
    cwd: ctx.cwd,
    ...switches,
  });
  return tree;
}

/**
 * Says what others would be able to see, and asks for confirmation.
 * @throws TcomposeError PROJECT_UNSUPPORTED for what can't be published, CLI_USAGE when nobody can be asked
 */
async function agreed(ctx: CliContext, args: ParsedArgs, tree: TreeMap): Promise<boolean> {
  const found = findingsOf(tree);
  if (found.buildOnly.length > 0)
    throw new TcomposeError(
      'PROJECT_UNSUPPORTED',
      `the project can't be published: there is only a build section for service(s) ${found.buildOnly.join(', ')}`,
      { hint: 'Give them an image, which others can pull.' },
    );
  const withEnv = flag.bool(args, 'with-env');
  const notices = [
    ['bind mounts, whose sources others do not have', found.binds],
    ['environment files, which are published only with --with-env', withEnv ? [] : found.envFiles],
    ['values of variables', withEnv ? [] : found.environment],
    ['values of variables whose names say that they are secret', found.secrets],
    ['configs and secrets', found.contents],
  ] as const;
  const asked = notices.filter(([, list]) => list.length > 0);
  if (asked.length === 0) return true;
  for (const [what, list] of asked)
    ctx.stderr.write(`The project has ${what}:\n${list.map((one) => `  ${one}\n`).join('')}`);
  if (flag.bool(args, 'yes')) return true;
  if (ctx.stdin.isTTY !== true)
    throw new TcomposeError('CLI_USAGE', 'there is no terminal to ask whether that may be published', {
      hint: 'Use --yes when it is.',
    });
  return confirm(ctx, 'Publish it?');
}

/** Pushes images that are built here; a failure is a warning, since the registry may have the image already. */
async function pushImages(ctx: CliContext, project: Project): Promise<void> {
  const plan = planPush(project, { quiet: false, ignoreFailures: true });
  if (plan.steps.length === 0) return;
  const { skipped: _, ...rest } = plan;
  await runPlan(ctx, rest, { client: await ctx.engine(), project: project.name });
}

/** @throws TcomposeError PROJECT_UNSUPPORTED for the built-in image, which can't be in a registry */
function refuseBuiltIn({ services }: Project): void {
  const own = Object.values(services).find(({ image }) => image !== undefined && isBuiltIn(image))?.image;
  if (own !== undefined)
    throw new TcomposeError(
      'PROJECT_UNSUPPORTED',
      `${own} shows the programs of this machine and can't be copied into a registry`,
      { hint: 'Give the service an image of a registry, or publish without --app.' },
    );
}
