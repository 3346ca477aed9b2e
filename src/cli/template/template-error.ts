import { TcomposeError } from '../../errors.ts';

/** An error in a `--format`, given as a clause. */
export const templateError = (why: string, hint?: string): TcomposeError =>
  new TcomposeError('CLI_USAGE', `--format: ${why}`, {
    hint:
      hint ??
      'Templates are those of Go (text/template): {{.Field}}, {{json .Field}}, {{range .List}}…{{end}}.',
  });
