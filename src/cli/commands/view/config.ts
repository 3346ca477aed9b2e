import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { LoadOptions } from '../../../compose/load.ts';
import type { Project } from '../../../compose/model/project.ts';
import type { Warning } from '../../../compose/warning.ts';
import { TcomposeError } from '../../../errors.ts';
import { type Command, type FlagSpec, flag, type ParsedArgs } from '../../arguments/command.ts';
import type { CliContext } from '../../context.ts';
import { loadEffects } from '../../project.ts';

const bool = (name: string, summary: string): FlagSpec => ({ name, type: 'boolean', summary });

/** Listings with one item per line; of several flags the first one in this order counts. */
const listings = ['services', 'volumes', 'networks', 'models', 'profiles', 'images'] as const;
type Listing = (typeof listings)[number];

/** `tcompose config`: the project after reading, merging, validating and completing its files. */
export const command: Command = {
  name: 'config',
  summary: 'Check the compose files and print the resulting project',
  args: {
    usage: '[SERVICE...]',
    flags: [
      bool('environment', 'Print the environment that variables come from'),
      {
        name: 'format',
        type: 'string',
        choices: ['yaml', 'json', 'table'],
        summary: 'Output format: yaml, json',
      },
      {
        name: 'hash',
        type: 'string',
        value: 'SERVICES',
        summary: 'Print config hashes of services, or of all with *',
      },
      bool('images', 'Print the image names, one per line'),
      bool('lock-image-digests', 'Print an override file with image digests'),
      bool('models', 'Print the model names, one per line'),
      bool('networks', 'Print the network names, one per line'),
      bool('no-consistency', 'Skip the checks between services and resources'),
      bool('no-env-resolution', 'Leave environment files unread'),
      bool('no-interpolate', 'Leave variables in place'),
      bool('no-normalize', 'Leave out defaults and implied settings'),
      bool('no-path-resolution', 'Leave paths as they are written'),
      { name: 'output', short: 'o', type: 'string', value: 'FILE', summary: 'Write to a file' },
      bool('profiles', 'Print the profile names, one per line'),
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'Only check, print nothing' },
      bool('resolve-image-digests', 'Pin image tags to digests'),
      bool('services', 'Print the service names, one per line'),
      bool('variables', 'Print the variables of the compose files with their defaults'),
      bool('volumes', 'Print the volume names, one per line'),
    ],
  },
  async run(args, ctx) {
    if (flag.bool(args, 'quiet')) {
      await (flag.bool(args, 'no-interpolate') ? loadTree(args, ctx) : load(args, ctx));
      return 0;
    }
    const text = await output(args, ctx);
    const file = flag.str(args, 'output');
    if (file !== undefined) await writeOutput(file, text, ctx);
    else ctx.write(text);
    return 0;
  },
};

async function output(args: ParsedArgs, ctx: CliContext): Promise<string> {
  const format = flag.str(args, 'format');
  if (flag.bool(args, 'variables')) return variables(format, args, ctx);
  if (flag.bool(args, 'environment')) {
    const { environmentLines } = await import('../../../compose/config/index.ts');
    return lines(environmentLines(await load(args, ctx, { noInterpolate: false })));
  }
  const listing = listings.find((name) => flag.bool(args, name));
  if (listing !== undefined) return lines(await list(listing, args, ctx));
  const hash = flag.str(args, 'hash');
  if (hash !== undefined) return hashes(hash, args, ctx);
  if (format === 'table')
    throw new TcomposeError('CLI_USAGE', '--format table is for --variables', {
      hint: 'Use --format yaml or --format json.',
    });
  return document(format === 'json' ? 'json' : 'yaml', args, ctx);
}

async function options(args: ParsedArgs, ctx: CliContext): Promise<LoadOptions> {
  const { globals } = ctx;
  return {
    effects: await loadEffects(ctx),
    files: globals.files,
    projectName: globals.projectName,
    projectDirectory: globals.projectDirectory,
    profiles: globals.profiles,
    envFiles: globals.envFiles,
    services: args.positional,
    env: ctx.env,
    cwd: ctx.cwd,
    noConsistency: flag.bool(args, 'no-consistency'),
    noEnvResolution: flag.bool(args, 'no-env-resolution'),
    noInterpolate: flag.bool(args, 'no-interpolate'),
    noNormalize: flag.bool(args, 'no-normalize'),
    noPathResolution: flag.bool(args, 'no-path-resolution'),
  };
}

async function load(args: ParsedArgs, ctx: CliContext, extra: LoadOptions = {}): Promise<Project> {
  const { loadProject } = await import('../../../compose/load.ts');
  const { project, warnings } = await loadProject({ ...(await options(args, ctx)), ...extra });
  warn(warnings, ctx);
  return project;
}

/** The project with its variables not replaced, from which no services can be selected. */
async function loadTree(args: ParsedArgs, ctx: CliContext, extra: LoadOptions = {}) {
  if (args.positional.length > 0) {
    ctx.warn('services are not selected with --no-interpolate: this is the whole project');
  }
  const { loadProjectTree } = await import('../../../compose/load.ts');
  const loaded = await loadProjectTree({ ...(await options(args, ctx)), ...extra });
  warn(loaded.warnings, ctx);
  return loaded;
}

function warn(warnings: readonly Warning[], ctx: CliContext): void {
  for (const { message, hint, where } of warnings) {
    ctx.warn(where === undefined ? message : `${where.file}:${where.line}: ${message}`, hint);
  }
}

async function document(format: 'yaml' | 'json', args: ParsedArgs, ctx: CliContext): Promise<string> {
  const { renderConfig, renderTree, withoutUnusedResources } = await import(
    '../../../compose/config/index.ts'
  );
  if (flag.bool(args, 'no-interpolate')) {
    return endLine(renderTree((await loadTree(args, ctx)).tree, { format }));
  }
  const project = await withDigests(await load(args, ctx), args, ctx);
  return endLine(
    renderConfig(ctx.globals.allResources ? project : withoutUnusedResources(project), { format }),
  );
}

/** The project with its images pinned, if the flags say so. */
async function withDigests(project: Project, args: ParsedArgs, ctx: CliContext): Promise<Project> {
  const lock = flag.bool(args, 'lock-image-digests');
  if (!lock && !flag.bool(args, 'resolve-image-digests')) return project;
  const { imagesOnly, pinImages } = await import('../../pin-images.ts');
  const pinned = await pinImages(ctx, project);
  return lock ? imagesOnly(pinned) : pinned;
}

async function list(listing: Listing, args: ParsedArgs, ctx: CliContext): Promise<readonly string[]> {
  const names = await import('../../../compose/config/index.ts');
  const asWritten = flag.bool(args, 'no-interpolate') ? names.treeListings[listing] : undefined;
  if (asWritten !== undefined) return asWritten(await loadTree(args, ctx, { noNormalize: false }));
  const whole = listing !== 'profiles' && listing !== 'images';
  const loaded = await load(args, ctx, {
    noEnvResolution: true,
    noInterpolate: false,
    ...(whole ? { services: [] } : {}),
  });
  const project = ctx.globals.allResources ? loaded : names.withoutUnusedResources(loaded);
  switch (listing) {
    case 'services':
      return names.serviceNames(project);
    case 'volumes':
      return names.volumeNames(project);
    case 'networks':
      return names.networkNames(project);
    case 'models':
      return names.modelNames(project);
    case 'profiles':
      return names.profileNames(project);
    case 'images':
      return names.imageNames(project);
  }
}

async function hashes(wanted: string, args: ParsedArgs, ctx: CliContext): Promise<string> {
  const services = wanted === '*' || wanted === '' ? [] : wanted.split(',').map((name) => name.trim());
  const { hashLines } = await import('../../../compose/config/index.ts');
  const project = await load(args, ctx, {
    services: services.length > 0 ? services : args.positional,
    noInterpolate: false,
  });
  return lines(services.length > 0 ? hashLines(project, services) : hashLines(project));
}

async function variables(format: string | undefined, args: ParsedArgs, ctx: CliContext): Promise<string> {
  const { loadVariables } = await import('../../../compose/load.ts');
  if (args.positional.length > 0) {
    ctx.warn('services are not selected with --variables: these are those of the whole project');
  }
  const found = await loadVariables(await options(args, ctx));
  if (format === 'json' || format === 'yaml') {
    const { renderVariables } = await import('../../../compose/config/index.ts');
    return endLine(renderVariables(found, format));
  }
  const { table } = await import('../../render/table.ts');
  return table(
    ['NAME', 'REQUIRED', 'DEFAULT VALUE', 'ALTERNATE VALUE'],
    found.map((use) => [use.name, String(use.required), use.defaultValue, use.alternateValue]),
    narrowestColumn,
  );
}

/** Characters of the narrowest column; with the three spaces after it this is Docker Compose's 20. */
const narrowestColumn = 17;

async function writeOutput(file: string, text: string, ctx: CliContext): Promise<void> {
  const path = resolve(ctx.cwd, file);
  try {
    await writeFile(path, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TcomposeError('CLI_USAGE', `${path} can't be written: ${reason}`, { cause });
  }
}

const lines = (items: readonly string[]): string => items.map((item) => `${item}\n`).join('');

const endLine = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);
