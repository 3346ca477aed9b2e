/** Adds a listener and returns the function that removes it. */
export function register<T>(set: Set<T>, listener: T): () => void {
  set.add(listener);
  return () => void set.delete(listener);
}
