// The sensor's own spine for a bench: default configuration, a store in memory, nothing said.
import { loadConfig } from '../../sensor/config.ts';
import { silentLog } from '../../sensor/log.ts';
import { openSpine, type Spine } from '../../sensor/spine.ts';

export function memorySpine(homeNet: readonly string[] = []): Spine {
  const { config } = loadConfig({ file: undefined, workingDirectory: '/', environment: {} });
  return openSpine({
    config,
    stateDir: null,
    homeNet,
    sensorMac: null,
    log: () => silentLog,
    now: () => Date.now(),
    alerts: () => [],
  });
}
