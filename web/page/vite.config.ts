// Builds the phone page into dist/web/public: relative addresses for any path prefix, no inline script or style.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../../dist/web/public'),
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy forbids data: for all but images, and preloading needs no help in current browsers.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
});
