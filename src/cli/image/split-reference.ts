import { familiarName, parseReference } from '../../image/reference.ts';

/** `me/app:1` → repository and tag, as the API wants them apart. @throws TcomposeError IMAGE_REFERENCE */
export function splitReference(name: string): { readonly repo: string; readonly tag: string } {
  const reference = parseReference(name);
  return { repo: familiarName(reference), tag: reference.tag ?? 'latest' };
}
