// Builds the desk's page into dist/web/fleet.
import { defineConfig } from 'vite';
import { pageBuild } from '../../page/build-settings.ts';

export default defineConfig(pageBuild(import.meta.url, '../../../dist/web/fleet'));
