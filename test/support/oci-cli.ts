import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OciHooks, OciSpec } from '../../src/runtime/spec/oci-types.ts';
import type { SpecInput } from '../../src/runtime/spec/spec-input.ts';
import type { BundleRoom } from './bundle.ts';
import { whyNoContainers } from './shim.ts';

/** The built program, as an OCI caller runs it. */
export const cli = new URL('../../dist/tcompose.cjs', import.meta.url).pathname;

/** Why the built program can't run containers here, or undefined. */
export function whyNoRuntime(): string | undefined {
  return existsSync(cli) ? whyNoContainers() : `${cli} is not built (npm run build)`;
}

/** What a test changes of a configuration. */
export interface ConfigChange {
  readonly process?: Partial<OciSpec['process']>;
  readonly linux?: Partial<OciSpec['linux']>;
  readonly mounts?: OciSpec['mounts'];
  readonly hooks?: OciHooks;
  readonly annotations?: OciSpec['annotations'];
  readonly root?: { readonly readonly: boolean };
  readonly [unknown: string]: unknown;
}

export interface OciRuntime {
  /** argv in front of a command's own words. */
  readonly words: readonly string[];
  /** Runs one command of the group to its end. */
  call(...words: readonly string[]): { status: number | null; out: string; err: string };
  /** Writes a bundle whose configuration is the room's with `change` over it. */
  bundle(args: readonly string[], change?: ConfigChange, more?: Partial<SpecInput>): string;
  stateOf(id: string): { status: string; pid?: number; bundle: string; annotations?: object };
  /** Asks until the container is in the state; one that never gets there runs into the suite's time limit. */
  until(id: string, status: string): Promise<void>;
  /** Ids that are known. */
  ids(): string[];
}

/** `tcompose oci` by its built program, with its state in the room. */
export function ociRuntime(room: BundleRoom): OciRuntime {
  const words = [process.execPath, cli, 'oci'];
  const call: OciRuntime['call'] = (...more) => {
    const [program = '', ...args] = [...words, ...more];
    const { status, stdout, stderr } = spawnSync(program, args, {
      encoding: 'utf8',
      cwd: room.dir,
      env: { ...process.env, TCOMPOSE_ROOT: room.dir },
    });
    return { status, out: stdout, err: stderr };
  };
  const stateOf: OciRuntime['stateOf'] = (id) => JSON.parse(call('state', id).out);
  return {
    words,
    call,
    stateOf,
    bundle(args, change = {}, more = {}) {
      const path = room.bundle(args, more);
      const file = join(path, 'config.json');
      const spec = JSON.parse(readFileSync(file, 'utf8')) as OciSpec;
      const { process: own, linux, mounts = [], root, ...rest } = change;
      const changed = {
        ...spec,
        ...rest,
        process: { ...spec.process, ...own },
        root: { ...spec.root, ...root },
        mounts: [...spec.mounts, ...mounts],
        linux: { ...spec.linux, ...linux },
      };
      writeFileSync(file, JSON.stringify(changed));
      return path;
    },
    async until(id, status) {
      while (stateOf(id).status !== status) await sleep(5);
    },
    ids: () => call('list', '-q').out.split('\n').filter(Boolean),
  };
}
