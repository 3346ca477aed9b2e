import type { TcomposeError } from '../../errors.ts';
import type { Positions } from '../positions.ts';
import { maxProblems, problem } from '../problems.ts';
import {
  eachMap,
  formatPath,
  isList,
  isMap,
  ownMap,
  type Tree,
  type TreeMap,
  type TreePath,
} from '../tree.ts';

const hooks = ['pre_start', 'post_start', 'pre_stop'];

/**
 * Variables in lists of `NAME=VALUE` whose name ends with white space: nobody could read such a variable. Mappings are
 * ignored, as in Docker Compose, unless merging has turned them into a list.
 */
export function checkVariableNames(tree: TreeMap, positions: Positions): TcomposeError[] {
  const errors: TcomposeError[] = [];
  const check = (list: Tree | undefined, path: TreePath) => {
    if (!isList(list)) return;
    for (const [index, item] of list.entries()) {
      const name = typeof item === 'string' ? item.split('=', 1)[0] : undefined;
      if (name === undefined || !/\s$/u.test(name) || errors.length >= maxProblems) continue;
      const message = `${formatPath(path)}: environment variable ${name} is declared with a trailing space`;
      const hint = `Remove the space after ${name.trim() === '' ? 'the name' : `"${name.trim()}"`}.`;
      errors.push(problem('COMPOSE_INVALID_VALUE', message, positions, [...path, index], { hint }));
    }
  };
  for (const [name, service] of Object.entries(ownMap(tree, 'services') ?? {})) {
    if (!isMap(service)) continue;
    const path = ['services', name];
    check(service.environment, [...path, 'environment']);
    check(ownMap(service, 'build')?.args, [...path, 'build', 'args']);
    for (const hook of hooks) eachMap(service[hook], [...path, hook], checkEnvironment);
    const rules = ownMap(service, 'develop')?.watch;
    eachMap(rules, [...path, 'develop', 'watch'], (rule, at) => {
      if (isMap(rule.exec)) checkEnvironment(rule.exec, [...at, 'exec']);
    });
  }
  return errors;

  function checkEnvironment(holder: TreeMap, path: TreePath): void {
    check(holder.environment, [...path, 'environment']);
  }
}
