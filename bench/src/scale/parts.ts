import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type * as Acceptors from '../../../packages/router/dist/acceptors.js';
import type * as BackupPlan from '../../../packages/router/dist/backup-plan.js';
import type * as Heartbeat from '../../../packages/router/dist/heartbeat.js';
import type * as Lease from '../../../packages/router/dist/lease.js';
import type * as Limits from '../../../packages/router/dist/limits.js';
import type * as Moves from '../../../packages/router/dist/moves.js';
import type * as Peer from '../../../packages/router/dist/peer.js';
import type * as MovePlan from '../../../packages/router/dist/plan.js';
import type * as Safeguards from '../../../packages/router/dist/safeguards.js';
import type * as View from '../../../packages/router/dist/view.js';
import type * as ViewJson from '../../../packages/router/dist/view-json.js';

/** Where the router was built to: its parts are not exported, and are measured all the same. */
const built = pathToFileURL(createRequire(import.meta.url).resolve('@cachex/router'));

async function part<T>(name: string): Promise<T> {
  return import(new URL(name, built).href) as Promise<T>;
}

export const { changeBackups, completeMoves, fail, found, join, open, reseat, reweigh } =
  await part<typeof View>('view.js');
export const { planMoves } = await part<typeof MovePlan>('plan.js');
export const { decodeView, encodeView } = await part<typeof ViewJson>('view-json.js');
export const { BackupPlan: Plan } = await part<typeof BackupPlan>('backup-plan.js');
export const { groupSizeOf } = await part<typeof Moves>('moves.js');
export const { beatsToFailure, pingFrame, pongFrame } = await part<typeof Heartbeat>('heartbeat.js');
export const { Peer: Link } = await part<typeof Peer>('peer.js');
export const { Acceptors: Answering } = await part<typeof Acceptors>('acceptors.js');
export const { Lease: Leasing } = await part<typeof Lease>('lease.js');
export const { allSafeguards } = await part<typeof Safeguards>('safeguards.js');
export const { defaultLimits } = await part<typeof Limits>('limits.js');
