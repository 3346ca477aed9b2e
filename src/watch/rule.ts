import { posix } from 'node:path';
import { createIgnoreMatcher, type IgnoreDecision, type IgnoreMatcher } from '../build/ignore/matcher.ts';
import type { WatchAction } from '../compose/model/develop.ts';
import type { Hook } from '../compose/model/hooks.ts';
import { bytesOfText, isAtOrBelow, relativeTo, textOfBytes } from './change.ts';
import { conflictEnding } from './merge.ts';

/** A rule of `develop.watch` in compiled form. Paths are bytes in latin1. */
export interface CompiledRule {
  readonly service: string;
  readonly action: WatchAction;
  readonly path: string;
  /** Where changes are put in the container; only for rules that sync. */
  readonly target: string | undefined;
  readonly exec: Hook | undefined;
  readonly initialSync: boolean;
  /** Changes in the container are copied here. */
  readonly both: boolean;
  /** Whether a change at the path triggers the rule. */
  triggers(path: string): boolean;
  /** Whether anything below the directory could trigger it. */
  reaches(directory: string): boolean;
  /** Where the content of the path is put; undefined if it is not synced. */
  targetOf(path: string): string | undefined;
  /** Whether it would be synced, except that a bind mount shows it in the container. */
  isMounted(path: string): boolean;
}

/** The source of a rule. Paths are text. */
export interface RuleInput {
  readonly service: string;
  readonly action: WatchAction;
  readonly path: string;
  readonly target?: string;
  readonly exec?: Hook;
  readonly initialSync?: boolean;
  readonly both?: boolean;
  /** Patterns relative to `path`. */
  readonly include?: readonly string[];
  readonly ignore?: readonly string[];
  /** The patterns of the build's ignore file, and the directory they are relative to. */
  readonly dockerignore?: { readonly context: string; readonly patterns: readonly string[] };
  /** Files that define the service and don't belong in it: compose files, Dockerfile. A rule for just one of them syncs it. */
  readonly described?: readonly string[];
  readonly mounts?: readonly BindMount[];
}

export interface BindMount {
  readonly source: string;
  readonly target: string;
}

/** What editors and file managers leave beside the files they save: Docker Compose's list and some more. */
const passing = [
  '**/*___jb_old___',
  '**/*___jb_tmp___',
  '**/.idea/**',
  '**/.#*',
  '**/#*#',
  '**/4913',
  '**/*~',
  '**/.*.swp',
  '**/.*.swx',
  '**/.*.swo',
  '**/.*.swn',
  '**/.*.kate-swp',
  '**/*-go-tmp-umask',
  '**/.DS_Store',
  '**/.goutputstream-*',
  '**/.git',
  '**/.tcompose-back-*',
  `**/*${conflictEnding}`,
];

/** One list of patterns, and the directory that it is relative to. */
class Anchored {
  readonly #at: string;
  readonly #patterns: readonly string[];
  readonly #matcher: IgnoreMatcher;
  /** Index → the patterns after it. */
  readonly #behind = new Map<number, IgnoreMatcher>();

  constructor(at: string, patterns: readonly string[] = []) {
    this.#at = at;
    this.#patterns = patterns;
    this.#matcher = createIgnoreMatcher(patterns);
  }

  excludes(path: string): boolean {
    return this.#decide(path)?.excluded === true;
  }

  /**
   * Whether everything below an excluded directory is excluded, too: only a pattern after the one that excludes it
   * could make an exception.
   */
  closes(directory: string): boolean {
    const decision = this.#decide(directory);
    if (decision?.excluded !== true || decision.by === undefined) return false;
    return !this.#from(decision.by + 1).mayIncludeBelow(patternPath(directory, this.#at));
  }

  #decide(path: string): IgnoreDecision | undefined {
    if (this.#matcher.empty || path === this.#at || !isAtOrBelow(path, this.#at)) return undefined;
    return this.#matcher.decide(patternPath(path, this.#at));
  }

  #from(index: number): IgnoreMatcher {
    const known = this.#behind.get(index) ?? createIgnoreMatcher(this.#patterns.slice(index));
    this.#behind.set(index, known);
    return known;
  }
}

const patternPath = (path: string, at: string): string => textOfBytes(relativeTo(path, at));

/**
 * Compiles a rule. A path may be ignored by the build's ignore file, by the rule's `ignore`, and as an editor's
 * leftover; ignored paths are never included. @throws TcomposeError BUILD_IGNORE for an invalid pattern
 */
export function compileRule(input: RuleInput): CompiledRule {
  const path = bytesOfText(input.path);
  const ignored: readonly Anchored[] = [
    new Anchored(path, passing),
    new Anchored(path, input.ignore),
    new Anchored(bytesOfText(input.dockerignore?.context ?? '/'), input.dockerignore?.patterns),
  ];
  const include = input.include ?? [];
  const included = createIgnoreMatcher(include);
  const way = createIgnoreMatcher(include.map((pattern) => `!${pattern}`));
  const rule = {
    service: input.service,
    action: input.action,
    path,
    target: input.target === undefined ? undefined : bytesOfText(input.target),
    exec: input.exec,
    initialSync: input.initialSync === true,
    both: input.both === true,
    triggers: (at: string): boolean =>
      isAtOrBelow(at, path) &&
      (included.empty || included.decide(patternPath(at, path)).excluded) &&
      !ignored.some((one) => one.excludes(at)),
    reaches: (directory: string): boolean =>
      isAtOrBelow(path, directory) ||
      (isAtOrBelow(directory, path) &&
        !ignored.some((one) => one.closes(directory)) &&
        (included.empty ||
          included.decide(patternPath(directory, path)).excluded ||
          way.mayIncludeBelow(patternPath(directory, path)))),
  };
  return { ...rule, ...targets(input, rule) };
}

function targets(
  input: RuleInput,
  rule: Pick<CompiledRule, 'path' | 'target' | 'triggers'>,
): Pick<CompiledRule, 'targetOf' | 'isMounted'> {
  const { path, target } = rule;
  const described = new Set((input.described ?? []).map(bytesOfText).filter((one) => one !== path));
  const mounts = (input.mounts ?? []).map(({ source, target: at }) => ({
    source: bytesOfText(source),
    target: posix.resolve('/', bytesOfText(at)),
  }));
  const placeOf = (at: string): { readonly to: string; readonly mounted: boolean } | undefined => {
    if (target === undefined || described.has(at) || !rule.triggers(at)) return undefined;
    const to = posix.join('/', target, relativeTo(at, path));
    // It is there already, or it would be written to another place on this machine.
    const mounted = mounts.some((mount) => isAtOrBelow(at, mount.source) || isAtOrBelow(to, mount.target));
    return { to: to.length > 1 && to.endsWith('/') ? to.slice(0, -1) : to, mounted };
  };
  return {
    targetOf: (at) => {
      const place = placeOf(at);
      return place?.mounted === false ? place.to : undefined;
    },
    isMounted: (at) => placeOf(at)?.mounted === true,
  };
}

/** Whether any of the rules could apply to something in the directory: otherwise it is not entered. */
export const anyReaches = (rules: readonly CompiledRule[], directory: string): boolean =>
  rules.some((rule) => rule.reaches(directory));
