// What is made when it is first asked for, and then kept. Shapes of what lies on disk take zod longer to make than to check with,
// and most starts read back nothing that has them.

export function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
