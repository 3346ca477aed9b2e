import { TcomposeError } from '../../errors.ts';

/** What is wrong with a `--format`, in a clause. */
export const templateError = (why: string, hint?: string): TcomposeError =>
  new TcomposeError('CLI_USAGE', `--format: ${why}`, {
    hint:
      hint ??
      'Templates are those of Go (text/template): {{.Field}}, {{json .Field}}, {{range .List}}…{{end}}.',
  });
