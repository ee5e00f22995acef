// What all settings are where nobody sets one, as plain data: most starts need no more, and to make the schema that checks them takes
// longer than all else such a start does with its configuration. schema.ts says the same; test/config.test.ts holds one against the other.
import type { Config } from './schema.ts';

/** Made anew each time: whoever has it may change it. */
export function defaults(): Config {
  return {
    state_dir: './state',
    language: 'en',
    log: { level: 'info' },
    capture: { fix_offloads: false, home_net: [] },
    mqtt: { base_topic: 'thingwatch', listen: '127.0.0.1:1883' },
    homeassistant: {
      enabled: true,
      prefix: 'homeassistant',
      devices: 'flagged',
      link_by_mac: true,
      hold_hours: 24,
    },
    web: { listen: '127.0.0.1:8080', base_path: '/', host_names: [], trusted_proxies: [] },
    metrics: {},
    notify: {},
    fleet: {},
    notes: { dirs: [] },
    detect: { learning_days: 7, updates_overdue_days: 30 },
    store: { flush_seconds: 600, max_megabytes: 512 },
  };
}
