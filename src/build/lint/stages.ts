import type { Dockerfile, Stage } from '../instruction/types.ts';
import type { Warning } from '../plan/types.ts';

const reserved = ['scratch', 'context'];

/** Warnings about the FROM lines. */
export function stageWarnings({ stages }: Dockerfile): readonly Warning[] {
  return stages.flatMap((stage, at) => [
    ...nameWarnings(stage, stages.slice(0, at)),
    ...platformWarnings(stage),
  ]);
}

function nameWarnings({ from, name }: Stage, earlier: readonly Stage[]): readonly Warning[] {
  const { range, node } = from;
  const found: Warning[] = [];
  if (from.name === undefined || name === undefined) return found;
  if (from.name !== name)
    found.push({
      rule: 'StageNameCasing',
      message: `Stage name '${from.name}' should be lowercase`,
      range,
    });
  const [as, keyword] = [from.as ?? '', node.keyword];
  const same = (change: (text: string) => string) => keyword === change(keyword) && as === change(as);
  if (!same((text) => text.toUpperCase()) && !same((text) => text.toLowerCase()))
    found.push({
      rule: 'FromAsCasing',
      message: `'${as}' and '${keyword}' keywords' casing do not match`,
      range,
    });
  if (earlier.some((other) => other.name === name))
    found.push({
      rule: 'DuplicateStageName',
      message: `Duplicate stage name ${JSON.stringify(name)}, stage names should be unique`,
      range,
    });
  if (reserved.includes(name))
    found.push({
      rule: 'ReservedStageName',
      message: `Stage name should not use the same name as reserved stage ${JSON.stringify(name)}`,
      range,
    });
  return found;
}

function platformWarnings({ from, name }: Stage): readonly Warning[] {
  const { platform, range } = from;
  if (platform === undefined) return [];
  const named = platform.split('/').some((part) => (name ?? '').includes(part.toLowerCase()));
  if (platform.includes('$') || named) return [];
  return [
    {
      rule: 'FromPlatformFlagConstDisallowed',
      message: `FROM --platform flag should not use constant value ${JSON.stringify(platform)}`,
      range,
    },
  ];
}
