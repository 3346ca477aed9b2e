import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { WatchRule } from '../../compose/model/develop.ts';
import type { Project } from '../../compose/model/project.ts';
import { TcomposeError } from '../../errors.ts';
import { rebuildWay } from '../../project/plan-up/swap.ts';
import { isAtOrBelow } from '../../watch/change.ts';
import { type CompiledRule, compileRule, type RuleInput } from '../../watch/rule.ts';
import { buildFiles, ignoreOf } from '../build/build-ignore.ts';
import { rulesOf } from './legacy-rules.ts';
import { reloadPorts } from './reload/settings.ts';

export interface ProjectRules {
  readonly rules: readonly CompiledRule[];
  /** Directories from which builds read files: their ignore files are watched, too. */
  readonly ignoreFiles: readonly string[];
  /** The services' Dockerfiles, even for services without rules. */
  readonly dockerfiles: readonly ServiceDockerfile[];
  readonly warnings: readonly string[];
}

export interface ServiceDockerfile {
  readonly service: string;
  /** Absolute. */
  readonly path: string;
}

/**
 * The rules in `develop.watch` of these services, with the ignore files of their builds.
 * @throws TcomposeError PROJECT_UNSUPPORTED when none of them has a rule, or a rule does not fit its service
 */
export async function projectRules(project: Project, services: Iterable<string>): Promise<ProjectRules> {
  const rules: CompiledRule[] = [];
  const ignoreFiles: string[] = [];
  const dockerfiles: ServiceDockerfile[] = [];
  const warnings: string[] = [];
  for (const name of services) {
    const service = project.services[name];
    if (service === undefined) continue;
    const build = buildFiles(service, project.workingDir);
    if (build !== undefined && service.build?.dockerfile_inline === undefined)
      dockerfiles.push({ service: name, path: build.dockerfile });
    const { rules: watched, warnings: old } = rulesOf(name, service, project.workingDir);
    if (watched.length === 0) continue;
    warnings.push(...old);
    const ignore = build === undefined ? undefined : await ignoreOf(build);
    if (ignore !== undefined) ignoreFiles.push(...ignore.candidates);
    const mounts = (service.volumes ?? []).flatMap(({ type, source, target }) =>
      type === 'bind' && source !== undefined && target !== undefined ? [{ source, target }] : [],
    );
    const described = [...project.composeFiles, ...(ignore === undefined ? [] : [ignore.dockerfile])];
    rebuildWay(service);
    reloadPorts(project, [name]);
    for (const rule of watched) {
      if (rule.action === 'rebuild' && service.build === undefined) throw withoutBuild(name);
      if (rule.action.startsWith('sync') && mounts.some(({ source }) => isAtOrBelow(rule.path, source)))
        warnings.push(bindMounted(name, rule.path, rule.action));
      if (isPattern(rule.path)) warnings.push(noPattern(name, rule.path));
      rules.push(
        compiled(name, {
          service: name,
          action: rule.action,
          path: resolve(rule.path),
          ...(rule.target === undefined ? {} : { target: targetOf(rule.path, rule.target) }),
          ...(rule.exec === undefined ? {} : { exec: rule.exec }),
          initialSync: rule.initial_sync === true,
          both: goesBoth(name, rule),
          include: rule.include ?? [],
          ignore: rule.ignore ?? [],
          ...(ignore === undefined
            ? {}
            : {
                dockerignore: {
                  context: ignore.context,
                  patterns: ignore.lines.map(({ pattern }) => pattern),
                },
              }),
          described,
          mounts,
        }),
      );
    }
  }
  if (rules.length === 0)
    throw new TcomposeError(
      'PROJECT_UNSUPPORTED',
      "none of the selected services is configured for watch, consider setting a 'develop' section",
      { hint: 'Rules go under services.NAME.develop.watch, each with a path and an action.' },
    );
  return { rules, ignoreFiles, dockerfiles, warnings };
}

/** The value of a rule's `x-direction`. */
function goesBoth(service: string, { action, extensions }: WatchRule): boolean {
  const direction = extensions?.['x-direction'];
  if (direction === undefined || direction === 'to-container') return false;
  if (direction === 'both' && action.startsWith('sync')) return true;
  throw new TcomposeError(
    'PROJECT_UNSUPPORTED',
    direction === 'both'
      ? `services.${service}: a rule with action ${action} syncs nothing that could come back (x-direction)`
      : `services.${service}: x-direction must be both or to-container, not ${JSON.stringify(direction)}`,
    { hint: 'x-direction: both needs a rule that syncs: it brings back what the container changes.' },
  );
}

const withoutBuild = (name: string): TcomposeError =>
  new TcomposeError(
    'PROJECT_UNSUPPORTED',
    `can't watch service ${JSON.stringify(name)} with action rebuild without a build context`,
    { hint: 'Give the service a `build`, or let the rule sync or restart.' },
  );

/** Compiles a rule. @throws TcomposeError naming the rule whose pattern is invalid */
function compiled(name: string, input: RuleInput): CompiledRule {
  try {
    return compileRule(input);
  } catch (error) {
    if (!(error instanceof TcomposeError)) throw error;
    const { code, message, hint } = error;
    throw new TcomposeError(code, `services.${name}: the rule ${input.action} of ${input.path}: ${message}`, {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** A target that ends with a slash is a directory: a file is put into it. */
const targetOf = (path: string, target: string): string =>
  target.endsWith('/') && statSync(path, { throwIfNoEntry: false })?.isFile()
    ? `${target}${basename(path)}`
    : target;

/** Nothing exists at the path, and it looks like a pattern. */
const isPattern = (path: string): boolean => /[*?[]/.test(path) && !existsSync(path);

const noPattern = (service: string, path: string): string =>
  `service ${service}: nothing is at '${path}', and a rule's path is no pattern: give its directory, and the pattern as \`include\``;

const bindMounted = (service: string, path: string, action: string): string =>
  `path '${path}' also declared by a bind mount volume, this path won't be monitored! ` +
  `(service ${service}: the container sees the files anyway${action === 'sync' ? '' : `; the rest of ${action} goes on`})`;
