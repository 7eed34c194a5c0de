import { defaultFrameLimit } from './frame.ts';

/** Bounds on what a node may hold; beyond them calls are refused with `OVERLOADED` instead of queued. */
export interface LinkLimits {
  /** Bytes of one frame, and so of one call or answer. Default: 16 MiB. */
  readonly frame: number;
  /** Calls that wait for an answer on one link, at either end; and calls of this node that wait for an owner. Default: 65,536. */
  readonly inFlight: number;
  /**
   * Bytes accepted for sending that have not left on one link; and at its other end, bytes of calls that wait there and of
   * answers that have not left. Default: 64 MiB.
   */
  readonly queued: number;
}

export const defaultLimits: LinkLimits = {
  frame: defaultFrameLimit,
  inFlight: 65_536,
  queued: 64 * 1024 * 1024,
};

/** A stranger gets no more than this until the handshake is done. */
export const handshakeFrameLimit: number = 16 * 1024;

/** How long a link may take for its handshake, in ms. */
export const handshakeTimeout = 2_000;

/** How many may be in their handshakes at a time; beyond that, who has taken longest goes. */
export const mostStrangers = 512;

/**
 * The largest encoded value that surely fits into a frame beside its key and whatever it travels with, in bytes. A larger
 * one could be stored where its owner is the caller, but never read elsewhere, and never move.
 */
export function largestValue(limits: LinkLimits): number {
  return limits.frame - spare(limits);
}

/** What a frame has room for beside such a value, in bytes. */
export function spare({ frame }: LinkLimits): number {
  return Math.min(256 * 1024, Math.ceil(frame / 4));
}
