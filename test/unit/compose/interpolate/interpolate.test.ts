import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { castScalar } from '../../../../src/compose/interpolate/casts.ts';
import { copyTree, interpolate, variablesIn } from '../../../../src/compose/interpolate/interpolate.ts';
import { noPositions } from '../../../../src/compose/positions.ts';
import type { Tree } from '../../../../src/compose/tree.ts';

const run = (tree: Tree, environment: Record<string, string> = {}) =>
  interpolate(tree, {
    lookup: (name) => (Object.hasOwn(environment, name) ? environment[name] : undefined),
    names: () => Object.keys(environment),
    positions: noPositions,
    warn: () => {},
    warned: new Set(),
  });

describe('interpolate', () => {
  it('copies, so that aliased parts can be changed apart', () => {
    const shared = { a: ['x'] };
    const { tree } = run({ one: shared, two: shared });
    const copy = tree as { one: { a: string[] }; two: { a: string[] } };
    copy.one.a.push('y');
    expect(copy.two.a).toEqual(['x']);
    expect(shared.a).toEqual(['x']);
  });

  it.each([
    ['attach'],
    ['build.no_cache'],
    ['build.privileged'],
    ['build.pull'],
    ['depends_on.db.restart'],
    ['develop.watch.0.exec.privileged'],
    ['env_file.0.required'],
    ['healthcheck.disable'],
    ['init'],
    ['oom_kill_disable'],
    ['post_start.0.privileged'],
    ['pre_start.0.per_replica'],
    ['pre_start.0.privileged'],
    ['pre_stop.0.privileged'],
    ['privileged'],
    ['read_only'],
    ['stdin_open'],
    ['tty'],
    ['volumes.0.bind.create_host_path'],
    ['volumes.0.read_only'],
    ['volumes.0.volume.nocopy'],
  ])('makes a boolean of the words for one in %s', (path) => {
    const at = (value: Tree) =>
      ['services', 'web', ...path.split('.')].reduceRight<Tree>(
        (inner, key) => (key === '0' ? [inner] : { [key]: inner }),
        value,
      );
    expect(run(at('Yes')).tree).toEqual(at(true));
    expect(run(at('${X:-off}')).tree).toEqual(at(false));
    expect(run(at('maybe')).errors).toHaveLength(1);
  });

  it('does not know variables by the names of object methods', () => {
    expect(run({ a: '${constructor:-none}${toString:-}' }).tree).toEqual({ a: 'none' });
  });

  it('never throws, and reports what is wrong', () => {
    const text = fc.string({ unit: fc.constantFrom('$', '{', '}', ':', '-', '?', '+', 'A', ' ') });
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom('services', 'a', 'scale', 'tty', 'cpus', 'ulimits'), tie('node'), {
          maxKeys: 4,
        }),
      ),
    })).node;
    fc.assert(
      fc.property(tree, (node) => {
        for (const error of run(node as Tree).errors) expect(error.code).toMatch(/^COMPOSE_/);
      }),
    );
  });

  it('copyTree equals and shares nothing', () => {
    const tree = { a: [{ b: 1 }], c: null };
    const copy = copyTree(tree) as typeof tree;
    expect(copy).toEqual(tree);
    expect(copy.a[0]).not.toBe(tree.a[0]);
  });

  it('variablesIn walks values only', () => {
    expect(variablesIn({ $KEY: ['$A', { b: '${B}' }] }).map((use) => use.name)).toEqual(['A', 'B']);
  });
});

describe('castScalar', () => {
  it.each([
    ['12', 'integer', 12],
    ['-3', 'integer', -3],
    [' 7 ', 'integer', 7],
    ['1.5', 'number', 1.5],
    ['.5', 'number', 0.5],
    ['1e3', 'number', 1000],
    ['True', 'boolean', true],
    ['FALSE', 'boolean', false],
  ] as const)('%j as %s is %j', (text, cast, value) => expect(castScalar(text, cast)).toEqual({ value }));

  it.each([
    ['yes', true],
    ['Y', true],
    ['on', true],
    ['no', false],
    ['N', false],
    ['off', false],
  ])('still understands %j', (text, value) =>
    expect(castScalar(text, 'boolean')).toEqual({ value, old: true }),
  );

  it.each([
    ['', 'integer', '"" is not an integer'],
    ['1.5', 'integer', '"1.5" is not an integer'],
    ['0x10', 'number', '"0x10" is not a number'],
    ['1', 'boolean', '"1" is not a boolean'],
  ] as const)('refuses %j as %s', (text, cast, error) => expect(castScalar(text, cast)).toEqual({ error }));
});
