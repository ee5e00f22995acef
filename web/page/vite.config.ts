// Builds the phone page into dist/web/public.
import { defineConfig } from 'vite';
import { pageBuild } from './build-settings.ts';

export default defineConfig(pageBuild(import.meta.url, '../../dist/web/public'));
