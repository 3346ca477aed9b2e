import type { ShimExit, ShimFailure } from './shim-messages.ts';

/** The content of `<runDir>/pid`: which process the container's init is. */
export interface PidFile {
  readonly bootId: string;
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat, clock ticks since boot. */
  readonly startTime: bigint;
  readonly shimPid: number;
}

/** The content of `<runDir>/exit`; the boot id distinguishes a file of this boot from one that a power loss has left. */
type ExitRecord = (ShimExit | ShimFailure) & { readonly bootId: string };

/**
 * Parses a pid file of a shim: lines `key value`. Undefined when it is incomplete or not of version 1, which happens
 * only after a power loss (the file is renamed into place when complete, but not synced).
 */
export function parsePidFile(text: string): PidFile | undefined {
  const fields = parseFields(text);
  const bootId = fields.get('boot');
  const pid = toInteger(fields.get('pid'));
  const startTime = toBigInt(fields.get('start-time'));
  const shimPid = toInteger(fields.get('shim-pid'));
  if (bootId === undefined || pid === undefined || startTime === undefined || shimPid === undefined)
    return undefined;
  return { bootId, pid, startTime, shimPid };
}

/** Parses an exit file of a shim; undefined as in parsePidFile. */
export function parseExitFile(text: string): ExitRecord | undefined {
  const fields = parseFields(text);
  const bootId = fields.get('boot');
  const finishedAt = toBigInt(fields.get('finished-at'));
  const code = toInteger(fields.get('code'));
  if (bootId === undefined || finishedAt === undefined || code === undefined) return undefined;
  const phase = fields.get('failed-phase');
  if (phase !== undefined) {
    return {
      type: 'failed',
      bootId,
      phase: phase as ShimFailure['phase'],
      step: toInteger(fields.get('failed-step')) ?? -1,
      op: fields.get('failed-op') ?? '',
      errno: toInteger(fields.get('failed-errno')) ?? 0,
      detail: fields.get('failed-detail') ?? '',
      exitCode: code,
      finishedAt,
    };
  }
  return {
    type: 'exited',
    bootId,
    code,
    signal: toInteger(fields.get('signal')) ?? 0,
    oomKilled: fields.get('oom-killed') === '1',
    startedAt: toBigInt(fields.get('started-at')) ?? 0n,
    finishedAt,
    droppedLines: toBigInt(fields.get('dropped-lines')) ?? 0n,
  };
}

function parseFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (space > 0) fields.set(line.slice(0, space), line.slice(space + 1));
  }
  return fields.get('version') === '1' && fields.has('end') ? fields : new Map();
}

function toInteger(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function toBigInt(text: string | undefined): bigint | undefined {
  return text !== undefined && /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}
