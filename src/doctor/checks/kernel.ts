import type { KernelFacts } from '../facts.ts';
import { type Finding, missing, ok } from '../finding.ts';

/** The newest system call that every container needs: mount_setattr(2). */
const oldestKernel = [5, 12] as const;
/** package.json, "engines". */
const oldestNode = [20, 19] as const;

/** Versions and the processor. */
export function kernelFindings({ release, arch, node }: KernelFacts): readonly Finding[] {
  const machine = ['x64', 'arm64'].includes(arch)
    ? []
    : [missing('kernel.architecture', `this machine is ${arch}, and there are engines for x64 and arm64`)];
  return [
    ...machine,
    atLeast(release, oldestKernel)
      ? ok('kernel.version', `Linux ${release}`)
      : missing(
          'kernel.version',
          `Linux ${release} is too old: containers need ${oldestKernel.join('.')} or later`,
        ),
    atLeast(node, oldestNode)
      ? ok('kernel.node', `Node ${node}`)
      : missing('kernel.node', `Node ${node} is too old: ${oldestNode.join('.')} or later is needed`),
  ];
}

/** Whether a version (`6.1.0-9-amd64`, `v22.1.0`) is at least the given one. */
function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [own = 0, next = 0] = version
    .replace(/^v/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  return own > major || (own === major && next >= minor);
}
