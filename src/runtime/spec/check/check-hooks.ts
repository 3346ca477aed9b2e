import type { OciSpec } from '../oci-types.ts';
import { refuse } from './refuse.ts';

/** Hooks are programs with an absolute path, and a positive timeout. */
export function checkHooks({ hooks = {} }: OciSpec): void {
  for (const [point, list = []] of Object.entries(hooks)) {
    for (const [index, { path, timeout }] of list.entries()) {
      const field = `hooks.${point}[${index}]`;
      if (!path.startsWith('/')) throw refuse(`${field}.path`, `is ${path}, which is not absolute`);
      if (timeout !== undefined && (timeout < 1 || timeout > 0xffff_ffff))
        throw refuse(`${field}.timeout`, `is ${timeout}, not above 0`);
    }
  }
}
