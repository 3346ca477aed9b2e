import type { Renderer, RenderTarget } from './renderer.ts';

export type ProgressKind = 'auto' | 'tty' | 'plain' | 'json' | 'quiet';

/** The renderer `--progress` asks for; `auto` is `tty` on a terminal and `plain` elsewhere. Loads only that one. */
export async function chooseRenderer(progress: ProgressKind, target: RenderTarget): Promise<Renderer> {
  // A terminal that does not know its width (a bare pseudo-terminal) cannot be drawn on.
  const drawable = target.err.isTTY === true && (target.err.columns ?? 0) >= 20;
  const kind = progress === 'auto' ? (drawable ? 'tty' : 'plain') : progress;
  switch (kind) {
    case 'json':
      return (await import('./json.ts')).jsonRenderer(target);
    case 'quiet':
      return (await import('./plain.ts')).quietRenderer(target);
    case 'tty':
      return (await import('./tty.ts')).ttyRenderer(target);
    default:
      return (await import('./plain.ts')).plainRenderer(target);
  }
}
