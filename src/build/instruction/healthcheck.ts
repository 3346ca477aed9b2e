import { parseGoDuration } from '../../go-duration.ts';
import { fault } from '../dockerfile/fault.ts';
import type { Node } from '../dockerfile/node.ts';
import { goQuote } from '../go-quote.ts';
import type { Flags } from './flags.ts';
import type { Healthcheck } from './types.ts';

const shortest = 1_000_000;

/** @throws TcomposeError BUILD_DOCKERFILE */
export function readHealthcheck(node: Node, flags: Flags): Healthcheck {
  const [kind = '', ...command] = node.args;
  if (kind.toUpperCase() === 'NONE') {
    if (command.length > 0) throw fault('HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  if (kind.toUpperCase() !== 'CMD')
    throw fault(`Unknown type ${goQuote(kind.toUpperCase())} in HEALTHCHECK (try CMD)`);
  if (command.length === 0) throw fault('Missing command after HEALTHCHECK CMD');
  const options = {
    Interval: duration(flags, 'interval', 'Interval'),
    Timeout: duration(flags, 'timeout', 'Timeout'),
    StartPeriod: duration(flags, 'start-period', 'StartPeriod'),
    StartInterval: duration(flags, 'start-interval', 'StartInterval'),
    Retries: retries(flags),
  };
  const set = Object.entries(options).filter(([, value]) => value !== 0);
  return { Test: [node.json ? 'CMD' : 'CMD-SHELL', ...command], ...Object.fromEntries(set) };
}

/** Nanoseconds; 0 if the flag is missing. */
function duration(flags: Flags, flag: string, shown: string): number {
  const text = flags.text(flag);
  if (text === undefined || text === '') return 0;
  const milliseconds = parseGoDuration(text);
  if (milliseconds === undefined) throw fault(durationFault(text));
  const value = Math.round(milliseconds * 1e6);
  if (Math.abs(value) >= 2 ** 63) throw fault(`time: invalid duration ${goQuote(text)}`);
  if (value < 0 || (value > 0 && value < shortest))
    throw fault(`Interval ${goQuote(flag)} cannot be less than 1ms`, `${shown} is 0 or at least 1ms.`);
  return value;
}

/** What is wrong with a duration, in Go's words. */
function durationFault(text: string): string {
  const rest = text.replace(/^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[num\u00b5\u03bc]?s|m|h)(?![^\d.]))*/, '');
  const unit = /^(?:\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest)?.[1];
  const what =
    unit === undefined ? 'invalid' : unit === '' ? 'missing unit in' : `unknown unit ${goQuote(unit)} in`;
  return `time: ${what} duration ${goQuote(text)}`;
}

/** Most retries: the greatest whole number of 32 bits. */
const mostRetries = 2 ** 31 - 1;

function retries(flags: Flags): number {
  const text = flags.text('retries');
  if (text === undefined || text === '') return 0;
  if (!/^[+-]?\d+$/.test(text)) throw fault(`strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`);
  const value = Number(text);
  if (Math.abs(value) > mostRetries)
    throw fault(`strconv.ParseInt: parsing ${goQuote(text)}: value out of range`);
  if (value < 0) throw fault(`--retries cannot be negative (${value})`);
  return value;
}
