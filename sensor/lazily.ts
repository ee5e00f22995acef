// What is made when it is first asked for, and then kept: most starts never ask for most of it.

export function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
