import { resolve } from 'node:path';
import type { WatchAction, WatchRule } from '../../compose/model/develop.ts';
import type { Service } from '../../compose/model/service.ts';
import { isMap, type Tree } from '../../compose/tree.ts';
import { TcomposeError } from '../../errors.ts';

const actions: readonly WatchAction[] = ['rebuild', 'restart', 'sync', 'sync+restart', 'sync+exec'];

/** Rules in the form from before `develop` existed, with a notice about it. */
export interface LegacyRules {
  readonly rules: readonly WatchRule[];
  readonly warnings: readonly string[];
}

/**
 * The rules of a service's `develop`, else of its `x-develop`, which Docker Compose still reads; a rule's
 * `x-initialSync` is its `initial_sync`. @throws TcomposeError PROJECT_UNSUPPORTED for an invalid `x-develop`
 */
export function rulesOf(name: string, service: Service, workingDir: string): LegacyRules {
  const old = service.develop === undefined ? service.extensions?.['x-develop'] : undefined;
  const written = old === undefined ? (service.develop?.watch ?? []) : readOld(name, old as Tree, workingDir);
  const warnings = old === undefined ? [] : [`services.${name}.x-develop is deprecated: call it develop`];
  const rules = written.map((rule) => {
    const initial = rule.extensions?.['x-initialSync'];
    if (initial === undefined) return rule;
    warnings.push(`services.${name}: x-initialSync is deprecated: call it initial_sync`);
    return { ...rule, initial_sync: rule.initial_sync ?? initial === true };
  });
  return { rules, warnings };
}

function readOld(name: string, old: Tree, workingDir: string): readonly WatchRule[] {
  const watch = isMap(old) ? (old.watch ?? []) : undefined;
  if (!Array.isArray(watch)) throw damaged(name, 'x-develop');
  return watch.map((rule, index) => {
    const at = `x-develop.watch[${index}]`;
    if (!isMap(rule)) throw damaged(name, at);
    const { path, target } = rule;
    const action = actions.find((one) => one === rule.action);
    const syncs = action?.startsWith('sync') === true;
    if (action === undefined || typeof path !== 'string' || path === '') throw damaged(name, at);
    if (target === undefined ? syncs : typeof target !== 'string') throw damaged(name, at);
    if (action === 'sync+exec') throw damaged(name, at);
    return {
      path: resolve(workingDir, path),
      action,
      ...(target === undefined ? {} : { target: String(target) }),
      ignore: textsOf(rule.ignore),
      include: textsOf(rule.include),
      extensions: { 'x-initialSync': rule['x-initialSync'] === true || rule.initial_sync === true },
    };
  });
}

/** A text, or a list of them. */
const textsOf = (node: Tree | undefined): readonly string[] =>
  (Array.isArray(node) ? node : node === undefined ? [] : [node]).map(String);

const damaged = (name: string, at: string): TcomposeError =>
  new TcomposeError('PROJECT_UNSUPPORTED', `services.${name}.${at} is not a rule of watch`, {
    hint: 'Call it develop, so that it is checked.',
  });
