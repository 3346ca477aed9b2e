import { TcomposeError } from '../../errors.ts';
import { keywords } from '../dockerfile/arguments.ts';
import { fault, faultAt, type SourceText } from '../dockerfile/fault.ts';
import type { Node } from '../dockerfile/node.ts';
import { suggested } from '../suggest.ts';
import { plainCommand, runCommand } from './command.ts';
import { readCopy } from './copy.ts';
import { type Flags, readFlags } from './flags.ts';
import { readHealthcheck } from './healthcheck.ts';
import type { FromInstruction, Instruction, Meaning, RunInstruction } from './types.ts';

/**
 * The meaning of an instruction.
 * @throws TcomposeError BUILD_DOCKERFILE `dockerfile parse error on line N: …`
 */
export function readInstruction(source: SourceText, node: Node): Instruction {
  const keyword = node.keyword.toUpperCase();
  try {
    const unchecked = keyword === 'ARG' || keyword === 'STOPSIGNAL';
    if (!keywords.includes(keyword)) throw unknownInstruction(node.keyword);
    const meaning = readers[keyword]!(node, readFlags(keyword, unchecked ? [] : node.flags));
    return { ...meaning, keyword, node, range: { start: node.start, end: node.end } };
  } catch (error) {
    if (!(error instanceof TcomposeError) || error.where !== undefined) throw error;
    const message = `dockerfile parse error on line ${node.start}: ${error.message}`;
    throw faultAt(source, node, message, error.code, error.hint);
  }
}

function unknownInstruction(word: string) {
  const known = word === word.toLowerCase() ? keywords.map((one) => one.toLowerCase()) : keywords;
  const close = suggested(word, known);
  return fault(`unknown instruction: ${word}${close === undefined ? '' : ` (did you mean ${close}?)`}`);
}

type Reader = (node: Node, flags: Flags) => Meaning;

const readers: Readonly<Record<string, Reader>> = {
  ADD: (node, flags) => readCopy('add', node, flags),
  ARG: (node) => ({
    kind: 'arg',
    args: some(node, 'ARG').map((word) => {
      const at = word.indexOf('=');
      const name = at < 0 ? word : word.slice(0, at);
      if (name === '') throw fault('ARG names can not be blank');
      return { name, value: at < 0 ? undefined : word.slice(at + 1) };
    }),
  }),
  CMD: (node) => ({ kind: 'cmd', command: plainCommand(node), cleared: cleared(node) }),
  COPY: (node, flags) => readCopy('copy', node, flags),
  ENTRYPOINT: (node) => ({ kind: 'entrypoint', command: plainCommand(node), cleared: cleared(node) }),
  ENV: (node) => ({ kind: 'env', pairs: pairs(node, 'ENV') }),
  EXPOSE: (node) => ({ kind: 'expose', values: [...some(node, 'EXPOSE')].sort() }),
  FROM: readFrom,
  HEALTHCHECK: (node, flags) => {
    some(node, 'HEALTHCHECK');
    return { kind: 'healthcheck', check: readHealthcheck(node, flags) };
  },
  LABEL: (node) => ({ kind: 'label', pairs: pairs(node, 'LABEL') }),
  MAINTAINER: (node) => ({ kind: 'maintainer', value: one(node, 'MAINTAINER') }),
  ONBUILD: readOnbuild,
  RUN: readRun,
  SHELL: (node) => {
    some(node, 'SHELL');
    if (!node.json) throw fault('SHELL requires the arguments to be in JSON form');
    return { kind: 'shell', values: node.args };
  },
  STOPSIGNAL: (node) => ({ kind: 'stopsignal', value: one(node, 'STOPSIGNAL') }),
  USER: (node) => ({ kind: 'user', value: one(node, 'USER') }),
  VOLUME: (node) => {
    const values = some(node, 'VOLUME').map((value) => value.trim());
    if (values.includes('')) throw fault('VOLUME specified can not be an empty string');
    return { kind: 'volume', values };
  },
  WORKDIR: (node) => ({ kind: 'workdir', value: one(node, 'WORKDIR') }),
};

function some(node: Node, keyword: string): readonly string[] {
  if (node.args.length === 0) throw fault(`${keyword} requires at least one argument`);
  return node.args;
}

function one(node: Node, keyword: string): string {
  if (node.args.length !== 1) throw fault(`${keyword} requires exactly one argument`);
  return node.args[0]!;
}

const cleared = (node: Node): boolean => node.json && node.args.length === 0;

function pairs(node: Node, keyword: string) {
  some(node, keyword);
  return Array.from({ length: node.args.length / 3 }, (_, at) => {
    const [name = '', value = '', separator] = node.args.slice(at * 3, at * 3 + 3);
    if (name === '') throw fault(`${keyword} names can not be blank`);
    return { name, value, legacy: separator === '' };
  });
}

function readFrom(node: Node, flags: Flags): FromInstruction {
  const [image = '', as, name] = node.args;
  const named = node.args.length === 3 && as!.toLowerCase() === 'as';
  if (node.args.length !== 1 && !named) throw fault('FROM requires either one or three arguments');
  if (named && !/^[a-z][a-z0-9-_.]*$/.test(name!.toLowerCase()))
    throw fault(`invalid name for build stage: "${name}", name can't start with a number or contain symbols`);
  return { kind: 'from', image, platform: flags.text('platform'), name, as };
}

function readRun(node: Node, flags: Flags): RunInstruction {
  const network = flags.text('network');
  if (network !== undefined && !['default', 'none', 'host'].includes(network))
    throw fault(`invalid network mode "${network}"`);
  const security = flags.text('security');
  if (security !== undefined && security !== 'sandbox' && security !== 'insecure')
    throw fault(`security "${security}" is not valid`);
  const mounts = flags.list('mount');
  if (mounts.some((mount) => mount.split(',').some((field) => /^from=.*\$/i.test(field))))
    throw fault("'from' doesn't support variable expansion, define alias stage instead");
  return { kind: 'run', command: runCommand(node), mounts, network, security, devices: flags.list('device') };
}

function readOnbuild(node: Node): Meaning {
  if (node.trigger === undefined) throw fault('ONBUILD requires at least one argument');
  const keyword = node.trigger.keyword.toUpperCase();
  if (keyword === 'ONBUILD') throw fault("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (keyword === 'FROM' || keyword === 'MAINTAINER')
    throw fault(`${keyword} isn't allowed as an ONBUILD trigger`);
  const text = node.original.trim().replace(/^ONBUILD\s*/i, '');
  const documents = node.heredocs.map(({ content, name }) => `\n${content}${name}`);
  return { kind: 'onbuild', text: text + documents.join('') };
}
