// Loaded into the sensor's processes by NODE_OPTIONS during a soak: on SIGUSR2 it collects garbage and writes what is left, and
// what the event loop still waits for, to a file that bears the process's number. Nothing of it is in the program.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

process.on('SIGUSR2', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  collect();
  const { heapUsed } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  const timers = resources.filter((name) => name === 'Timeout' || name === 'Immediate').length;
  const path = join(process.env.SOAK_PROBES, `${process.pid}.json`);
  writeFileSync(`${path}.part`, JSON.stringify({ heapUsed, timers, resources: resources.length }));
  renameSync(`${path}.part`, path);
});
