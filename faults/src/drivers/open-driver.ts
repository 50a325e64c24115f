// A driver by its name.
import type { DriverName, DriverOptions, FaultDriver } from './driver.js';

export async function openDriver(name: DriverName, options: DriverOptions): Promise<FaultDriver> {
  // Loaded on demand: what one library does to a process as it is loaded must not be another's fault.
  if (name === 'pg') return (await import('./pg.driver.js')).pgDriver(options);
  if (name === 'postgres.js') return (await import('./postgres-js.driver.js')).postgresJsDriver(options);
  return (await import('./hydrogen.driver.js')).hydrogenDriver(options);
}
