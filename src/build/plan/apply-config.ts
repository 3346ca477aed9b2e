import { placed } from '../dockerfile/fault.ts';
import { goQuoteList } from '../go-quote.ts';
import type { Argument, Command, Instruction, Meaning, Pair } from '../instruction/types.ts';
import { exposedPorts } from './expose.ts';
import { healthcheckHistory } from './history.ts';
import { isSignal } from './signal.ts';
import type { StageDraft } from './stage-draft.ts';

type Of<K extends Meaning['kind']> = Instruction<Extract<Meaning, { kind: K }>>;

/** Values from outside a stage that its ARGs may take. */
export interface ArgumentSources {
  readonly buildArgs: ReadonlyMap<string, string>;
  /** ARGs before the first FROM and the platform arguments. */
  readonly globals: ReadonlyMap<string, string>;
}

/** Applies an instruction that makes no layer. True if it was one. */
export function applyConfig(draft: StageDraft, instruction: Instruction, sources: ArgumentSources): boolean {
  switch (instruction.kind) {
    case 'arg':
      applyArg(draft, instruction, sources);
      return true;
    case 'env':
    case 'label':
      applyPairs(draft, instruction);
      return true;
    case 'cmd':
    case 'entrypoint':
      applyCommand(draft, instruction);
      return true;
    case 'user':
    case 'stopsignal':
    case 'maintainer':
      applyValue(draft, instruction);
      return true;
    case 'expose':
    case 'volume':
    case 'shell':
      applyValues(draft, instruction);
      return true;
    case 'healthcheck':
      draft.config = { ...draft.config, Healthcheck: instruction.check };
      draft.note(healthcheckHistory(instruction.check));
      return true;
    case 'onbuild':
      draft.config = { ...draft.config, OnBuild: [...(draft.config.OnBuild ?? []), instruction.text] };
      return true;
    default:
      return false;
  }
}

function applyArg(draft: StageDraft, { args, range }: Of<'arg'>, sources: ArgumentSources): void {
  const shown = args.map((arg) => {
    const value = argumentValue(draft, arg, range, sources);
    if (!draft.args.includes(arg.name)) draft.args.push(arg.name);
    if (value === undefined) return arg.name;
    draft.setVariable(arg.name, value);
    return `${arg.name}=${value}`;
  });
  draft.note(`ARG ${shown.join(' ')}`);
}

/** A build argument takes precedence over the ARG's own default, and that over the value from before the first FROM. */
function argumentValue(
  draft: StageDraft,
  { name, value }: Argument,
  range: Of<'arg'>['range'],
  { buildArgs, globals }: ArgumentSources,
): string | undefined {
  const given = buildArgs.get(name);
  if (given !== undefined) return given;
  return value === undefined ? globals.get(name) : draft.expand(value, range);
}

function applyPairs(draft: StageDraft, { kind, pairs, range, keyword }: Of<'env' | 'label'>): void {
  const resolved = pairs.map(({ name, value }: Pair) => ({
    name: draft.expand(name, range),
    value: draft.expand(value, range),
  }));
  for (const { name, value } of resolved) {
    if (name === '' && kind === 'env') throw draft.fail(range, `${keyword} names can not be blank`);
    if (kind === 'label')
      draft.config = { ...draft.config, Labels: { ...draft.config.Labels, [name]: value } };
    else {
      draft.setVariable(name, value);
      draft.config = { ...draft.config, Env: withVariable(draft.config.Env ?? [], name, value) };
    }
  }
  draft.note(`${keyword} ${resolved.map(({ name, value }) => `${name}=${value}`).join(' ')}`);
}

/** The environment with a variable set, in its place if it exists. */
export function withVariable(env: readonly string[], name: string, value: string): readonly string[] {
  const at = env.findIndex((one) => one.startsWith(`${name}=`));
  return at < 0 ? [...env, `${name}=${value}`] : env.with(at, `${name}=${value}`);
}

/** The words of a command; a text gets the stage's shell. */
export const commandWords = (draft: StageDraft, command: Command): readonly string[] =>
  command.shell ? [...draft.shell, ...command.words] : command.words;

function applyCommand(draft: StageDraft, { kind, command, cleared }: Of<'cmd' | 'entrypoint'>): void {
  const words = commandWords(draft, command);
  const value = cleared ? null : words;
  if (kind === 'cmd') {
    draft.config = { ...draft.config, Cmd: value, ArgsEscaped: true };
    draft.cmdSet = true;
  } else {
    draft.config = { ...draft.config, Entrypoint: value, ...(draft.cmdSet ? {} : { Cmd: null }) };
  }
  draft.note(`${kind.toUpperCase()} ${goQuoteList(words)}`);
}

function applyValue(draft: StageDraft, instruction: Of<'user' | 'stopsignal' | 'maintainer'>): void {
  const { kind, range, keyword } = instruction;
  const value = kind === 'maintainer' ? instruction.value : draft.expand(instruction.value, range);
  if (kind === 'maintainer') draft.author = value;
  else if (kind === 'user') draft.config = { ...draft.config, User: value };
  else {
    if (!isSignal(value)) throw draft.fail(range, `invalid signal: ${value}`);
    draft.config = { ...draft.config, StopSignal: value };
  }
  draft.note(`${keyword} ${value}`);
}

function applyValues(draft: StageDraft, instruction: Of<'expose' | 'volume' | 'shell'>): void {
  const { kind, range, values, keyword } = instruction;
  if (kind === 'shell') {
    draft.config = { ...draft.config, Shell: values };
    draft.note(`SHELL [${values.join(' ')}]`);
    return;
  }
  const found =
    kind === 'expose' ? portsOf(draft, instruction) : values.map((one) => draft.expand(one, range));
  if (found.includes('')) throw draft.fail(range, `${keyword} specified can not be an empty string`);
  const set = Object.fromEntries(found.map((one) => [one, {}]));
  if (found.length === 0) {
    draft.note(`${keyword} []`);
    return;
  }
  if (kind === 'expose')
    draft.config = { ...draft.config, ExposedPorts: { ...draft.config.ExposedPorts, ...set } };
  else draft.config = { ...draft.config, Volumes: { ...draft.config.Volumes, ...set } };
  draft.note(`${keyword} [${found.join(' ')}]`);
}

function portsOf(draft: StageDraft, { values, range }: Of<'expose' | 'volume' | 'shell'>): readonly string[] {
  const words = values.flatMap((value) => draft.words(value, range));
  return words.flatMap((word) => {
    const { ports, hostPart, upperCase } = placed(draft.source, range, () => exposedPorts(word));
    if (upperCase)
      draft.warn(
        'ExposeProtoCasing',
        range,
        `Defined protocol '${word}' in EXPOSE instruction should be lowercase`,
      );
    if (hostPart)
      draft.warn(
        'ExposeInvalidFormat',
        range,
        `EXPOSE instruction should not define an IP address or host-port mapping, found '${word}'`,
      );
    return ports;
  });
}
