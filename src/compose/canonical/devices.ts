import type { TreeMap } from '../tree.ts';

/**
 * Long form of `source[:target[:permissions]]`. A CDI name (`vendor.com/class=device`) has neither, and is its own
 * target, by which the engine recognises it. Returns a sentence when there are more parts.
 */
export function parseDevice(text: string): TreeMap | { readonly error: string } {
  const parts = text.split(':');
  const [source = '', target = '', permissions = 'rwm'] = parts;
  if (parts.length > 3)
    return { error: 'it has more than three parts; write source, target and permissions' };
  return { source, target: target === '' ? source : target, permissions };
}
