// Hash routing, so that any path prefix works: `#/incidents/ID`. The fragment never reaches a server.
import { useEffect, useState } from 'preact/hooks';

/** Decoded path segments of the current fragment: `['incidents', 'ID']`. */
export function useRoute(): string[] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    let shown = location.hash;
    const update = (): void => {
      // `#content` is a place on the page (the skip link), not a view: the address goes back to the view's.
      if (location.hash && !location.hash.startsWith('#/')) {
        history.replaceState(null, '', shown || '#/');
        return;
      }
      shown = location.hash;
      setHash(shown);
    };
    addEventListener('hashchange', update);
    return () => removeEventListener('hashchange', update);
  }, []);
  return segments(hash);
}

function segments(hash: string): string[] {
  return hash
    .replace(/^#?\/?/, '')
    .split('/')
    .filter(Boolean)
    .map(decoded);
}

export function go(path: string): void {
  location.hash = path;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
