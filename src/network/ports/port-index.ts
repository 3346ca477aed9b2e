import { parseAddress } from '../ipam/address.ts';
import type { PortBinding } from '../types.ts';

/** Values by their host port, so that a range of thousands of ports is not compared pair by pair. */
export interface PortIndex<T> {
  add(binding: PortBinding, value: T): void;
  /** Removes what was added with this same binding object. */
  remove(binding: PortBinding): void;
  /** Values of bindings that conflict with this one. */
  clashing(binding: PortBinding): T[];
}

/** An index, empty at first. */
export function createPortIndex<T>(): PortIndex<T> {
  const entries = new Map<string, { readonly binding: PortBinding; readonly value: T }[]>();
  const keyOf = ({ protocol, hostPort }: PortBinding) => `${protocol} ${hostPort}`;
  return {
    add(binding, value) {
      const key = keyOf(binding);
      const same = entries.get(key);
      if (same) same.push({ binding, value });
      else entries.set(key, [{ binding, value }]);
    },
    remove(binding) {
      const key = keyOf(binding);
      const left = (entries.get(key) ?? []).filter((entry) => entry.binding !== binding);
      if (left.length > 0) entries.set(key, left);
      else entries.delete(key);
    },
    clashing: (binding) =>
      (entries.get(keyOf(binding)) ?? [])
        .filter((entry) => sameHostPort(entry.binding, binding))
        .map(({ value }) => value),
  };
}

/** Whether two bindings conflict. */
export function sameHostPort(a: PortBinding, b: PortBinding): boolean {
  if (a.protocol !== b.protocol || a.hostPort !== b.hostPort) return false;
  const one = parseAddress(a.hostIp)!;
  const other = parseAddress(b.hostIp)!;
  return one.family === other.family && (one.value === 0n || other.value === 0n || one.value === other.value);
}
