import type { Target } from '../target.ts';
import { codecTarget } from './codec.ts';
import { dump } from './dump.ts';
import { frame } from './frame.ts';
import { greeting } from './greeting.ts';
import { handshake } from './handshake.ts';
import { nats } from './nats.ts';
import { notices } from './notices.ts';
import { entryPage } from './page.ts';
import { replica } from './replica.ts';
import { view } from './view.ts';

export const targets: readonly Target[] = [
  ...[frame, codecTarget, handshake, greeting, notices, view, replica, entryPage, dump, nats],
];
