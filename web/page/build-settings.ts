// How each of our pages is built: relative addresses for any path prefix, no inline script or style.
import { fileURLToPath } from 'node:url';
import type { UserConfig } from 'vite';

/** @param from the configuration's own address; the page lies beside it. @param outDir relative to it */
export function pageBuild(from: string, outDir: string): UserConfig {
  const here = (path: string): string => fileURLToPath(new URL(path, from));
  return {
    root: here('.'),
    base: './',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: here(outDir),
      emptyOutDir: true,
      target: 'es2022',
      // The content security policy forbids data: for all but images, and preloading needs no help in current browsers.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
    },
  };
}
