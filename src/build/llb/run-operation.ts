import { posix } from 'node:path';
import type { Mount, Platform, RunStep } from '../plan/types.ts';
import { documentOperation } from './file-operation.ts';
import { filled, type GoValue } from './go-json.ts';
import {
  byBytes,
  type ContentSelector,
  type Operation,
  type OperationInput,
  operationDigest,
  outermost,
  selectorDigest,
} from './operation.ts';

/** Where the file of a here-document is while its step runs. */
const documents = '/dev/pipes/';

const networks: Readonly<Record<RunStep['network'], number>> = { default: 0, host: 1, none: 2 };
const mountTypes = { bind: 0, secret: 1, ssh: 2, cache: 3, tmpfs: 4 } as const;
const sharings = { shared: 0, private: 1, locked: 2 } as const;

/** A path in the container, before the number of its input is known. */
interface Place {
  readonly target: string;
  readonly source: OperationInput['source'] | undefined;
  readonly selected: string;
  /** It is identified by its content. */
  readonly byContent: boolean;
  readonly fields: { readonly [name: string]: GoValue };
}

/** RUN. @param platform that the step runs on */
export function runOperation(step: RunStep, platform: Platform): Operation {
  const places = [rootOf(step), ...mountsOf(step), ...scriptOf(step), ...memoryOf(step)].sort((a, b) =>
    byBytes(a.target, b.target),
  );
  const inputs = inputsOf(places);
  const mounts = [
    ...places.map((place) => mountOf(place, inputs)),
    ...step.mounts.flatMap(secretMount),
    ...step.mounts.filter(({ type }) => type === 'ssh').map(sshMount),
  ];
  const exec = filled({
    meta: metaOf(step),
    // If there is only the root it is omitted, as in records from before mounts counted.
    mounts: mounts.length === 1 && step.base.kind !== 'empty' ? [] : mounts,
    network: networks[step.network],
    secretenv: step.mounts.flatMap(secretVariable),
  });
  const { os, architecture, variant } = platform;
  const digest = operationDigest({
    Type: 'buildkit.exec.v0',
    Exec: exec,
    OS: os,
    Arch: architecture,
    ...filled({ Variant: variant }),
  });
  return { digest, inputs: inputs.map(({ input }) => input) };
}

function metaOf(step: RunStep): GoValue {
  const ssh = step.mounts.filter(({ type }) => type === 'ssh')[0];
  const told = step.environment.some((one) => one.startsWith('SSH_AUTH_SOCK='));
  const agent = ssh === undefined || told ? [] : [`SSH_AUTH_SOCK=${agentPlace(ssh, 0)}`];
  return filled({
    args: step.argv,
    env: [...step.environment, ...agent],
    cwd: step.directory,
    user: step.user,
    // The address of a name does not count.
    extraHosts: step.extraHosts.map((one) => filled({ Host: one.split(/[:=]/, 1)[0] })),
    ulimit: step.ulimits.map(limitOf),
    removeMountStubsRecursive: true,
  });
}

function limitOf(text: string): GoValue {
  const [name = '', values = ''] = text.split('=');
  const [soft = '', hard = soft] = values.split(':');
  return filled({ Name: name, Soft: Number(soft), Hard: Number(hard) });
}

const rootOf = (step: RunStep): Place => ({
  target: '/',
  source: step.base.kind === 'empty' ? undefined : { kind: 'tree', tree: step.base },
  selected: '/',
  byContent: false,
  fields: {},
});

const mountsOf = (step: RunStep): readonly Place[] =>
  step.mounts.flatMap((mount): Place[] => {
    if (mount.type === 'tmpfs')
      return [
        {
          target: mount.target,
          source: undefined,
          selected: '/',
          byContent: false,
          fields: { output: -1, mountType: mountTypes.tmpfs, TmpfsOpt: filled({ size: mount.size }) },
        },
      ];
    if (mount.type !== 'bind' && mount.type !== 'cache') return [];
    const fields = filled({ output: -1, readonly: !mount.writable });
    return [
      {
        target: mount.target,
        source: mount.from.kind === 'empty' ? undefined : { kind: 'tree', tree: mount.from },
        selected: mount.source,
        byContent: true,
        fields: mount.type === 'bind' ? fields : { ...fields, ...cacheFields(mount) },
      },
    ];
  });

/** A cache mount with the default name is identified by that; others have any name and sharing mode. */
function cacheFields({ id, target, sharing }: Extract<Mount, { type: 'cache' }>) {
  const usual = id === target && sharing === 'shared';
  return {
    mountType: mountTypes.cache,
    cacheOpt: usual ? filled({ ID: `/${id}`, sharing: sharings[sharing] }) : {},
  };
}

/** The program of a here-document that begins with `#!`. */
function scriptOf({ script }: RunStep): readonly Place[] {
  if (script === undefined) return [];
  return [
    {
      target: documents,
      source: { kind: 'operation', operation: documentOperation(script.name, script.content, 0o755) },
      selected: '/',
      byContent: true,
      fields: { output: -1, readonly: true },
    },
  ];
}

const memoryOf = ({ shmSize }: RunStep): readonly Place[] =>
  shmSize === undefined || shmSize === 0
    ? []
    : [
        {
          target: '/dev/shm',
          source: undefined,
          selected: '/',
          byContent: false,
          fields: { output: -1, mountType: mountTypes.tmpfs, TmpfsOpt: filled({ size: shmSize }) },
        },
      ];

interface NumberedInput {
  readonly key: string;
  readonly input: OperationInput;
}

function inputsOf(places: readonly Place[]): readonly NumberedInput[] {
  const keys = [...new Set(places.flatMap(({ source }) => (source === undefined ? [] : [keyOf(source)])))];
  return keys.map((key) => {
    const own = places.filter(({ source }) => source !== undefined && keyOf(source) === key);
    const paths = own.map(({ selected }) => posix.join('/', selected));
    return {
      key,
      input: {
        source: own[0]!.source!,
        selector: selectorDigest(paths),
        contents: own.at(-1)!.byContent ? contentsOf(paths) : undefined,
      },
    };
  });
}

const keyOf = (source: OperationInput['source']): string => JSON.stringify(source);

/** The files that count for mounted paths: all, if the top is among them. */
function contentsOf(paths: readonly string[]): readonly ContentSelector[] {
  const plain = { wildcard: false, includes: [], excludes: [] };
  const all = outermost(paths);
  if (all.includes('/')) return [{ path: '/', followLinks: false, ...plain }];
  return all.map((path) => ({ path, followLinks: true, ...plain }));
}

function mountOf({ target, source, fields }: Place, inputs: readonly NumberedInput[]): GoValue {
  const number = source === undefined ? -1 : inputs.findIndex(({ key }) => key === keyOf(source));
  const { output, readonly, ...rest } = fields;
  return { ...filled({ input: number, dest: target, output, readonly }), ...filled(rest) };
}

function secretMount(mount: Mount): readonly GoValue[] {
  if (mount.type !== 'secret' || mount.target === undefined) return [];
  const { id, uid, gid, mode, required } = mount;
  const secretOpt = filled({ ID: id, uid, gid, mode, optional: !required });
  return [{ input: -1, dest: mount.target, mountType: mountTypes.secret, secretOpt }];
}

const secretVariable = (mount: Mount): readonly GoValue[] =>
  mount.type === 'secret' && mount.env !== undefined
    ? [filled({ ID: mount.id, name: mount.env, optional: !mount.required })]
    : [];

const agentPlace = (mount: Mount, at: number): string => mount.target ?? `/run/buildkit/ssh_agent.${at}`;

function sshMount(mount: Mount, at: number): GoValue {
  if (mount.type !== 'ssh') return {};
  const { id, uid, gid, mode, required } = mount;
  // The default one has no name there.
  const SSHOpt = filled({ ID: id === 'default' ? '' : id, uid, gid, mode, optional: !required });
  return { input: -1, dest: agentPlace(mount, at), mountType: mountTypes.ssh, SSHOpt };
}
