import { readDashboardOptions } from './options.ts';
import { type Dashboard, DashboardServer } from './server.ts';
import type { DashboardSource } from './source.ts';

/** Serves the dashboard of a node. Loaded when it is first asked for. */
export async function openDashboard(source: DashboardSource, options: unknown): Promise<Dashboard> {
  return DashboardServer.start(source, readDashboardOptions(options));
}
