import { TcomposeError } from '../../errors.ts';
import type { Renderer, RenderTarget } from './renderer.ts';

export type ProgressKind = 'auto' | 'tty' | 'plain' | 'json' | 'quiet';

interface ProgressChoice {
  /** `--progress`. */
  readonly progress: ProgressKind;
  /** `--ansi`. */
  readonly ansi: 'never' | 'always' | 'auto';
  /** $TERM. */
  readonly term: string | undefined;
  readonly err: { readonly isTTY?: boolean; readonly columns?: number };
}

/**
 * How to show progress: as `--progress` says; `auto` is `tty` on a terminal that can be drawn on, `plain` elsewhere.
 * @throws TcomposeError CLI_USAGE when control characters are both needed and forbidden.
 */
export function progressKind({ progress, ansi, term, err }: ProgressChoice): Exclude<ProgressKind, 'auto'> {
  if (progress === 'tty' && ansi === 'never')
    throw new TcomposeError(
      'CLI_USAGE',
      '--progress tty draws with the control characters that --ansi never forbids',
      {
        hint: 'Use --progress plain, or leave --ansi out.',
      },
    );
  if (progress !== 'auto') return progress;
  // A terminal of unknown width (a bare pseudo-terminal) or without control sequences can't be drawn on.
  const drawable = err.isTTY === true && (err.columns ?? 0) >= 20 && term !== 'dumb' && ansi !== 'never';
  return drawable ? 'tty' : 'plain';
}

/** The renderer for a kind of progress. Loads only that one. */
export async function chooseRenderer(
  kind: Exclude<ProgressKind, 'auto'>,
  target: RenderTarget,
): Promise<Renderer> {
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

/**
 * Whether the terminal shows UTF-8. It does unless the locale names another encoding: systems that use UTF-8 often have
 * no locale at all. The Linux console lacks glyphs for the marks.
 */
export function showsUnicode(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return env.TERM !== 'linux' && (locale === '' || /utf-?8/i.test(locale));
}
