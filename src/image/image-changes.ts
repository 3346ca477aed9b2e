import { TcomposeError } from '../errors.ts';
import type { ImageRuntimeConfig } from './types.ts';

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

/**
 * An image configuration with Dockerfile instructions applied (`docker import --change`): CMD, ENTRYPOINT, ENV, EXPOSE,
 * HEALTHCHECK, LABEL, STOPSIGNAL, USER, VOLUME, WORKDIR. Pure.
 * @throws TcomposeError IMAGE_CHANGE naming the instruction
 */
export function applyChanges(config: ImageRuntimeConfig, changes: readonly string[]): ImageRuntimeConfig {
  let result: Mutable<ImageRuntimeConfig> = { ...config };
  for (const change of changes) {
    const [, keyword = '', rest = ''] = /^\s*(\S+)\s*([\s\S]*?)\s*$/.exec(change) ?? [];
    const instruction = instructions[keyword.toUpperCase()];
    const fail: Fail = (why) => {
      throw new TcomposeError(
        'IMAGE_CHANGE',
        `the change ${JSON.stringify(change)} is not understood: ${why}`,
        {
          hint: `Changes are Dockerfile instructions: ${Object.keys(instructions).join(', ')}.`,
        },
      );
    };
    if (instruction === undefined)
      fail(keyword === '' ? 'it is empty' : `${keyword} is not among the instructions that can be given`);
    else if (rest === '') fail('it has no value');
    else result = { ...result, ...instruction(rest, result, fail) };
  }
  return result;
}

type Fail = (why: string) => never;
type Instruction = (rest: string, config: ImageRuntimeConfig, fail: Fail) => Partial<ImageRuntimeConfig>;

const instructions: Readonly<Record<string, Instruction>> = {
  CMD: (rest, _config, fail) => ({ Cmd: commandForm(rest, fail) }),
  ENTRYPOINT: (rest, _config, fail) => ({ Entrypoint: commandForm(rest, fail) }),
  ENV: (rest, config, fail) => {
    const env = new Map((config.Env ?? []).map((entry) => [entry.split('=', 1)[0]!, entry]));
    for (const [key, value] of pairs(rest, fail)) env.set(key, `${key}=${value}`);
    return { Env: [...env.values()] };
  },
  LABEL: (rest, config, fail) => ({ Labels: { ...config.Labels, ...Object.fromEntries(pairs(rest, fail)) } }),
  EXPOSE: (rest, config, fail) => {
    const ports: Record<string, object> = { ...config.ExposedPorts };
    for (const word of words(rest, fail)) {
      const [, port, protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/i.exec(word) ?? [];
      if (port === undefined || Number(port) > 65535) fail(`"${word}" is not a port`);
      ports[`${port}/${protocol.toLowerCase()}`] = {};
    }
    return { ExposedPorts: ports };
  },
  VOLUME: (rest, config, fail) => {
    const paths = rest.startsWith('[') ? jsonWords(rest, fail) : words(rest, fail);
    return { Volumes: { ...config.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}])) } };
  },
  USER: (rest) => ({ User: rest }),
  WORKDIR: (rest, config) => ({
    WorkingDir: rest.startsWith('/') ? rest : `${(config.WorkingDir ?? '').replace(/\/$/, '')}/${rest}`,
  }),
  STOPSIGNAL: (rest) => ({ StopSignal: rest }),
  HEALTHCHECK: (rest, _config, fail) => ({ Healthcheck: healthcheck(rest, fail) }),
};

const nanoseconds: Readonly<Record<string, number>> = { ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

function healthcheck(rest: string, fail: Fail): NonNullable<ImageRuntimeConfig['Healthcheck']> {
  if (/^none$/i.test(rest)) return { Test: ['NONE'] };
  const result: Mutable<NonNullable<ImageRuntimeConfig['Healthcheck']>> = {};
  let text = rest;
  for (
    let option = /^--([a-z-]+)=(\S+)\s+/.exec(text);
    option !== null;
    option = /^--([a-z-]+)=(\S+)\s+/.exec(text)
  ) {
    const [all, name, value] = option;
    text = text.slice(all.length);
    const duration = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value!);
    const time = duration === null ? undefined : Math.round(Number(duration[1]) * nanoseconds[duration[2]!]!);
    if (name === 'retries' && /^\d+$/.test(value!)) result.Retries = Number(value);
    else if (time === undefined) fail(`--${name}=${value}`);
    else if (name === 'interval') result.Interval = time;
    else if (name === 'timeout') result.Timeout = time;
    else if (name === 'start-period') result.StartPeriod = time;
    else if (name === 'start-interval') result.StartInterval = time;
    else fail(`--${name} is not an option of HEALTHCHECK`);
  }
  const [, command] = /^CMD\s+([\s\S]+)$/i.exec(text) ?? [];
  if (command === undefined) return fail('HEALTHCHECK is followed by NONE or by CMD and a command');
  result.Test = command.startsWith('[') ? ['CMD', ...jsonWords(command, fail)] : ['CMD-SHELL', command];
  return result;
}

/** Exec form (a JSON array), or shell form, which the shell runs. */
function commandForm(rest: string, fail: Fail): string[] {
  return rest.startsWith('[') ? jsonWords(rest, fail) : ['/bin/sh', '-c', rest];
}

function jsonWords(rest: string, fail: Fail): string[] {
  let value: unknown;
  try {
    value = JSON.parse(rest);
  } catch {
    return fail('it is not a JSON array of strings');
  }
  if (!Array.isArray(value) || !value.every((word) => typeof word === 'string'))
    return fail('it is not a JSON array of strings');
  return value;
}

/** `K=V K2="a b"`, or the old form `K the rest of the line`. */
function pairs(rest: string, fail: Fail): [string, string][] {
  const [, key, value] = /^([^\s=]+)\s+([\s\S]*)$/.exec(rest) ?? [];
  if (key !== undefined && value !== undefined) return [[key, value]];
  return words(rest, fail).map((word) => {
    const equals = word.indexOf('=');
    if (equals <= 0) fail(`"${word}" is not of the form name=value`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

/** Splits at white space outside quotes; a backslash keeps the next character. */
function words(text: string, fail: Fail): string[] {
  const result: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '\\' && quote !== "'" && at + 1 < text.length) word = (word ?? '') + text[++at]!;
    else if (quote !== '') {
      if (char === quote) quote = '';
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) result.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (quote !== '') fail('a quote is not closed');
  if (word !== undefined) result.push(word);
  return result;
}
